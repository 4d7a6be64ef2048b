"""One process at a time: locks that end with the process that holds them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from datamaestro.errors import DataDirectoryError
from datamaestro.files import usable

__all__ = ["is_busy", "locked"]

logger = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at `path`; if another process does, say so and wait.

    The operating system gives the lock up when its holder dies, however it does.

    :param what: what the lock is for, as a message names it
    :param wait: whether to wait at all
    :raises BlockingIOError: if another process holds it, and it isn't waited for
    :raises DataDirectoryError: if the lock file can't be made
    """
    lock = FileLock(path, thread_local=False)
    busy = None
    with usable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            busy = error
    if busy is not None:
        if not wait:
            raise BlockingIOError(str(path)) from busy
        logger.info("Waiting for another process that is busy with %s", what)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def is_busy(path: Path) -> bool:
    """Tell whether a process holds the lock file at `path` now; none is made for that."""
    if not path.exists():
        return False
    try:
        with locked(path, "", wait=False):
            return False
    except BlockingIOError:
        return True
    except DataDirectoryError:
        return False  # who may not lock it may not know
