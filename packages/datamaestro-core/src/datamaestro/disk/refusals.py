"""What file systems refuse, as errors that say what to do about it."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datamaestro.disk.names import is_in_use
from datamaestro.errors import DataDirectoryError

__all__ = ["check_space", "is_of_storage", "is_too_long", "usable"]

_ELSEWHERE = "choose another folder (for data: --data or DATAMAESTRO_DIR)"
_REFUSED_NAME = (
    "the file system may refuse a name on that path, or its length: choose a folder on another "
    "one (for data: --data or DATAMAESTRO_DIR)"
)
_PASSING = "run it again: if it fails each time, the disk or the network to it is broken"
_GOES_ON = "then run it again: it goes on where it stopped"
_HINTS = {
    errno.ENOSPC: f"free some space, or remove files if there can be no more of them, {_GOES_ON}",
    errno.EDQUOT: f"free some of your quota, {_GOES_ON}",
    errno.EFBIG: "files may not be that large here: raise the limit ('ulimit -f'), or choose a "
    "folder on another file system (for data: --data or DATAMAESTRO_DIR)",
    errno.EROFS: f"the file system is read-only: make it writable, or {_ELSEWHERE}",
    errno.ENOTDIR: "something on that path is a file: remove it, or choose another folder",
    errno.EEXIST: "something on that path is a file: remove it, or choose another folder",
    errno.ELOOP: "a link on that path leads to itself: remove it, or choose another folder",
    errno.ENAMETOOLONG: _REFUSED_NAME,
    errno.EINVAL: _REFUSED_NAME,
    errno.EIO: _PASSING,
    errno.ESTALE: _PASSING,
}
_SHORTAGES = {
    errno.EMFILE: "too many files are open in this process: raise the limit ('ulimit -n')",
    errno.ENFILE: "too many files are open on this machine: end another program, and run it again",
    errno.ENOMEM: "memory is short: end another program, and run it again",
}
"""Hints for errors that have nothing to do with the folder."""

_OF_STORAGE = frozenset({*_HINTS, errno.EACCES, errno.EPERM} - {errno.EINVAL})
"""The errors that are about the disk, whoever meets them. (EINVAL is about much else.)"""

_LONGEST_FOLDER = 247
"""How many characters the path of a folder may have on Windows, unless it is set up to allow more;
files in it may have twelve more."""


def is_of_storage(error: OSError) -> bool:
    """Tell whether an error is about the disk, whoever meets it."""
    return error.errno in _OF_STORAGE or is_too_long(error)


def is_too_long(error: OSError) -> bool:
    """Tell whether Windows refused a path for its length: it says that it doesn't find it."""
    return (
        sys.platform == "win32"
        and isinstance(error, FileNotFoundError)
        and any(len(os.fsdecode(name)) > _LONGEST_FOLDER for name in _names(error))
    )


def _names(error: OSError) -> list[str | bytes]:
    """Give the paths that an error is about, the one that was to be made first."""
    names = (error.filename2, error.filename)
    return [name for name in names if isinstance(name, str | bytes)]


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Raise errors of the file system as a `DataDirectoryError` about `folder`."""
    try:
        yield
    except DataDirectoryError:
        raise
    except OSError as error:
        failed = next((Path(os.fsdecode(name)) for name in _names(error)), folder)
        about = f" at {failed}" if failed != folder else ""
        raise DataDirectoryError(
            f"can't be used{about}: {error.strerror or error}",
            where=folder,
            hint=_hint(error, failed),
        ) from error


def _hint(error: OSError, failed: Path) -> str:
    if error.errno == errno.EEXIST and failed.is_symlink():
        return "it is a link to what isn't there: is that mounted? or choose another folder"
    if is_too_long(error):
        return (
            "the path is too long for Windows: choose a folder with a shorter one (for data: "
            "--data or DATAMAESTRO_DIR), or allow long paths there (LongPathsEnabled)"
        )
    if is_in_use(error):
        return "close the program that has it open; if none has, get the right to write there"
    hints = {**_HINTS, **_SHORTAGES}
    return hints.get(error.errno or 0, f"{_ELSEWHERE}, or get the right to use this one")


def check_space(folder: Path, needed: int, purpose: str) -> None:
    """Check that a file system has room, before it is filled in vain.

    :param folder: a folder on it, which exists
    :param needed: how many bytes will be written
    :param purpose: what for, as in "to unpack it"
    :raises DataDirectoryError: if there is less; it tells how much is missing
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataDirectoryError(
            f"not enough space {purpose}",
            where=folder,
            expected=f"{needed:,} bytes free",
            found=f"{free:,}, which is {needed - free:,} too few",
            hint=f"free some space, {_GOES_ON}",
        )
