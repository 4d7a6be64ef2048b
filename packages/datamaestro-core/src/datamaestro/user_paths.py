"""Paths and commands as users write them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from datamaestro.errors import SettingsError

__all__ = ["absolute", "expanded", "typed"]


def absolute(path: str | os.PathLike[str]) -> Path:
    """Give a path that may begin with ``~``, or be relative, as an absolute one.

    :raises SettingsError: as :func:`expanded`, or if the working directory is gone
    """
    try:
        return expanded(path).absolute()
    except FileNotFoundError as error:
        raise _leads_nowhere(path, error) from error


def expanded(path: str | os.PathLike[str]) -> Path:
    """Give a path that may begin with ``~``, with a user's home in the place of that.

    :raises SettingsError: if there is no such user, or no home, or if it is an empty text, as
        a variable gives that isn't set
    """
    if os.fspath(path) == "":
        raise _leads_nowhere(path, "it is empty")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        nowhere = _leads_nowhere(path, error)
        if os.fspath(path).startswith("~/"):
            nowhere.hint = (
                "set HOME, or else DATAMAESTRO_DIR, DATAMAESTRO_INDEX_DIR and XDG_CONFIG_HOME"
            )
        raise nowhere from error


def typed(words: Iterable[str]) -> str:
    """Give words as they are typed in the shell of the user's system."""
    # Imported here, since few messages tell a command.
    if sys.platform == "win32":
        from subprocess import list2cmdline

        return list2cmdline(words)
    import shlex

    return shlex.join(words)


def _leads_nowhere(path: str | os.PathLike[str], reason: object) -> SettingsError:
    return SettingsError(
        f"this path leads nowhere: {str(reason).rstrip('.')}",
        expected="one that is there",
        found=os.fspath(path) or "nothing",
    )
