"""File locks: who may take them, and how to know that there are none."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["WITHOUT_LOCKS", "may_be_held", "new_lock"]

WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""The errors of file systems that have no locks."""


def new_lock(path: Path) -> BaseFileLock:
    """Make the lock of the lock file at `path`; its folder exists.

    Whoever may write in the folder may take the lock, whatever mask its first user had.
    """
    # 30 ms to import, which those who only read needn't wait for.
    from filelock import FileLock

    mode = 0o600 | path.parent.stat().st_mode & 0o066
    return FileLock(path, mode=mode, thread_local=False, fallback_to_soft=False)


def may_be_held(path: Path) -> bool:
    """Tell whether a process may hold a lock file that this user may not write.

    Whoever may read it can find out: a lock that several may share is refused while one holds it
    alone.

    :raises OSError: if the file system has no locks
    """
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        return error.errno != errno.ENOENT
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in WITHOUT_LOCKS:
            raise
        return True
    finally:
        os.close(descriptor)
    return False
