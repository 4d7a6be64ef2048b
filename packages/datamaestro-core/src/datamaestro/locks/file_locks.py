"""File locks: who may take them, and how to know that there are none."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["WITHOUT_LOCKS", "new_lock"]

WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""The errors of file systems that have no locks."""


def new_lock(path: Path) -> BaseFileLock:
    """Make the lock of the lock file at `path`; its folder exists.

    Whoever may write in the folder may take the lock, whatever the mask of the user says
    who happened to be the first.
    """
    # 30 ms to import, which those who only read needn't wait for.
    from filelock import FileLock

    mode = 0o600 | path.parent.stat().st_mode & 0o066
    return FileLock(path, mode=mode, thread_local=False, fallback_to_soft=False)
