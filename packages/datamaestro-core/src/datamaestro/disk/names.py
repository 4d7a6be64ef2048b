"""Renaming and removing files and folders, which Windows refuses at times and others don't.

It refuses both for what a program has open, as a virus scanner has each new file for some
milliseconds, and for what is marked as read-only. The first passes, and the second can be
changed. Windows alone numbers its errors in a second way, by which these are known.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["is_in_use", "remove_folder", "rename", "unlink"]

_IN_USE = frozenset({5, 32, 33, 145})
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, and ERROR_DIR_NOT_EMPTY of
a folder with a removed file that is still open."""

_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds between the attempts."""


def is_in_use(error: OSError) -> bool:
    """Tell whether Windows refused something that it may not refuse later."""
    return getattr(error, "winerror", None) in _IN_USE


def rename(source: Path, destination: Path) -> None:
    """Rename a file or folder; a file that has the new name is replaced in the same step.

    :raises OSError: if it can't be done
    """
    _insist(lambda: source.replace(destination), destination)


def unlink(path: Path) -> None:
    """Remove a file, or a link.

    :raises OSError: if it can't be done
    """
    _insist(path.unlink, path)


def remove_folder(path: Path) -> None:
    """Remove a folder with all in it; others may remove it at the same time.

    :raises OSError: if it can't be done
    """
    if sys.version_info >= (3, 12):
        shutil.rmtree(path, onexc=_removed_again)
    else:
        shutil.rmtree(path, onerror=lambda act, name, told: _removed_again(act, name, told[1]))


def _removed_again(act: Callable[[str], object], name: str, error: BaseException) -> None:
    if isinstance(error, FileNotFoundError):
        return
    removes = act in (os.unlink, os.rmdir)
    if not removes or not isinstance(error, OSError) or not is_in_use(error):
        raise error
    _insist(lambda: act(name), Path(name))


def _insist(act: Callable[[], Any], changed: Path) -> None:
    """Rename or remove something, again and again if Windows refuses it.

    :param changed: what is replaced or removed
    """
    for wait in _WAITS:
        try:
            act()
        except OSError as error:
            if not is_in_use(error):
                raise
        else:
            return
        with suppress(OSError):
            mode = changed.lstat().st_mode
            if not mode & stat.S_IWRITE:
                os.chmod(changed, mode | stat.S_IWRITE)  # noqa: PTH101  (Path's own follows links)
        time.sleep(wait)
    act()
