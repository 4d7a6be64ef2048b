"""Checks that aren't repeated as long as nothing has changed.

What users have already may be large, and is used again and again.
"""

from __future__ import annotations

import hashlib
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
    """Give a digest of what is looked for and of the names, sizes and times of the files."""
    hasher = hashlib.sha256(f"{checker!r}\n{path}\n".encode())
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        status = file.stat() if file.exists() else file.lstat()
        line = f"{file.relative_to(path)}\t{status.st_size}\t{status.st_mtime_ns}\n"
        hasher.update(line.encode(errors="surrogateescape"))
    return f"{hasher.hexdigest()}\n"
