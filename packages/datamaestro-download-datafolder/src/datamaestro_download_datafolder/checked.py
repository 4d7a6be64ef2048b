"""Checks that aren't repeated as long as nothing has changed.

What users have already may be large, and is used again and again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from datamaestro.disk.files import write_atomically
from datamaestro.errors import DataDirectoryError
from datamaestro.utils import Checker

__all__ = ["check_once", "was_checked"]


def check_once(checker: Checker, path: Path, stamp: Path) -> None:
    """Check a file or a folder, unless the same check found the same thing right before.

    :param stamp: the file that remembers it; where none can be written, it is checked
        again the next time
    :raises VerificationError: if it isn't what the checker expects
    """
    if not was_checked(checker, path, stamp):
        checker.check(path)
        with suppress(DataDirectoryError):
            write_atomically(stamp, _appearance(checker, path))


def was_checked(checker: Checker, path: Path, stamp: Path) -> bool:
    """Tell whether :func:`check_once` would have nothing to do."""
    try:
        remembered = stamp.read_bytes()
    except OSError:  # there is none, or it is a colleague's
        return False
    return remembered == _appearance(checker, path).encode()


def _appearance(checker: Checker, path: Path) -> str:
    """Give a digest of the checker, and of the names, sizes and times of the files."""
    hasher = hashlib.sha256(f"{checker!r}\n{path}\n".encode(errors="surrogatepass"))
    for file in _below(path) if path.is_dir() else [path]:
        status = _status(file)
        found = "nothing" if status is None else f"{status.st_size}\t{status.st_mtime_ns}"
        # A name may be of any bytes.
        hasher.update(f"{file}\t{found}\n".encode(errors="surrogatepass"))
    return f"{hasher.hexdigest()}\n"


def _below(top: Path) -> Iterator[Path]:
    """Give the paths of all that is in a folder, and in those that links in it lead to.

    If several paths lead to a folder, what is in it comes once: a link may lead to above itself.
    """
    seen = set()
    for folder, folders, files in os.walk(top, followlinks=True):
        status = _status(Path(folder))
        if status is None or (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield from (Path(folder, name) for name in sorted([*folders, *files]))


def _status(path: Path) -> os.stat_result | None:
    """Give the status of what a path leads to; None if nothing is there, or it goes meanwhile."""
    try:
        return path.stat()
    except OSError:
        return None
