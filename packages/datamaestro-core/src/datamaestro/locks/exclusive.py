"""One process at a time: locks that end with the process that holds them.

A lock saves work: others wait for what one process makes, and find it made. What is
right never rests on it, since there are file systems where locks fail, hang, or are granted
to several machines at once. Whatever is made has a name of its own until it is whole, and
gets its place by one rename; so without locks something is made twice at the worst.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from datamaestro.disk.files import is_there
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder, share
from datamaestro.errors import DataDirectoryError
from datamaestro.locks.file_locks import WITHOUT_LOCKS, may_be_held, new_lock
from datamaestro.locks.holder import Holder

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["is_busy", "locked"]

logger = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds within which a file system has to answer at all whether a lock is free."""

NEWS = 5.0
"""Seconds after which a waiting process looks again for whom it waits."""

SILENCE = 300.0
"""Seconds for which a file system counts as one without locks that didn't answer in time."""

_ANSWERING: set[int] = set()
"""The devices that have answered once: from then on they are asked without a thread."""

_SILENT: dict[int, float] = {}
"""The devices that haven't answered, and until when they aren't asked again."""


@contextmanager
def locked(path: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file at `path`; if another process does, say which, and wait.

    The operating system gives the lock up when its holder dies, however it does. Where
    the file system has no locks, nothing is waited for.

    :param what: what the lock is for, as a message names it
    :param wait: whether to wait at all
    :raises BlockingIOError: if another process holds it, and it isn't waited for
    :raises DataDirectoryError: if the lock file can't be made
    """
    with usable(path.parent):
        make_folder(path.parent)
        lock, busy = _attempted(path, wait)
        if busy and wait:
            _wait(lock, path, what)
    if busy and not wait:
        raise BlockingIOError(str(path))
    try:
        if wait:  # otherwise all is done at once
            Holder.here(what).write(path)
        yield
    finally:
        Holder.forget(path)  # one that was killed has left its note
        lock.release()


def _attempted(path: Path, wait: bool) -> tuple[BaseFileLock, bool]:
    """Try to get a lock at once; give it, and whether another process may hold it."""
    lock = new_lock(path)
    try:
        busy = not _answer(lock, path.parent)
    except PermissionError:
        # The lock file is a colleague's, and nobody else may write it. Whoever may write in the
        # folder removes it and makes another: at the worst, the same is made twice. A caller
        # that doesn't wait is cautious: it may be about to remove what the colleague is making.
        if not wait and os.access(path.parent, os.W_OK) and _seems_held(path):
            return lock, True
        path.unlink(missing_ok=True)
        lock = new_lock(path)
        busy = not _answer(lock, path.parent)
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
        _tell_of_no_locks(path.parent, error.strerror)
        return lock, False  # which isn't held, and releasing it does nothing
    if not busy:
        share(path)
    return lock, busy


def _answer(lock: BaseFileLock, folder: Path) -> bool:
    """Tell whether the lock could be had at once; raises as :func:`_in_time`."""
    return _in_time(lambda: _acquired(lock), folder, lock.release)


def _seems_held(path: Path) -> bool:
    """Do as :func:`may_be_held`; where there are no locks, none is held."""
    try:
        return _in_time(lambda: may_be_held(path), path.parent, lambda: None)
    except OSError as error:
        return error.errno not in WITHOUT_LOCKS


def _in_time(ask: Callable[[], bool], folder: Path, undo: Callable[[], object]) -> bool:
    """Ask a file system about a lock, and give its answer.

    :param undo: does away with what an answer has brought for which nobody waits any more
    :raises OSError: if there are no locks; ENOLCK if nothing was heard for too long
    """
    device = folder.stat().st_dev
    if device in _ANSWERING:
        return ask()
    silent = OSError(errno.ENOLCK, "the file system doesn't answer")
    if time.monotonic() < _SILENT.get(device, 0.0):
        raise silent
    answers: SimpleQueue[bool | BaseException] = SimpleQueue()
    given_up = threading.Event()

    def answer() -> None:
        try:
            answers.put(ask())
        except BaseException as error:
            answers.put(error)
        if given_up.is_set():
            undo()

    # Some file systems leave the question open when their lock server is gone.
    threading.Thread(target=answer, name="datamaestro-lock", daemon=True).start()
    try:
        found = answers.get(timeout=PATIENCE)
    except BaseException as stop:
        given_up.set()
        if isinstance(stop, Empty):
            _SILENT[device] = time.monotonic() + SILENCE
            raise silent from None
        raise
    if isinstance(found, BaseException):  # it may be that of opening the file
        raise found
    _ANSWERING.add(device)
    return found


def _acquired(lock: BaseFileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        return False
    return True


def _wait(lock: BaseFileLock, path: Path, what: str) -> None:
    """Wait until a lock is free, and say which process has it, again if it's another.

    Nothing is said if it's another thread of this process.
    """
    told: Holder | str | None = None
    here = Holder.here(what)
    while True:
        holder = Holder.read(path) or "another process"
        if holder != told:
            _tell_of(holder, here)
            told = holder
        try:
            lock.acquire(timeout=NEWS)
        except TimeoutError:
            continue
        except FileNotFoundError:  # who had it has removed the folder with the lock
            make_folder(path.parent)
            continue
        return


def _tell_of(holder: Holder | str, here: Holder) -> None:
    if isinstance(holder, str):
        logger.info("Waiting for %s, busy with %s", holder, here.what)
    elif (holder.host, holder.process) != (here.host, here.process):
        logger.info("Waiting for %s, busy with %s", holder, holder.what)


@cache
def _tell_of_no_locks(folder: Path, reason: str) -> None:
    """Say that a folder has no locks, once."""
    logger.warning(
        "%s has no locks (%s): what several processes prepare at once may be fetched twice",
        folder,
        reason,
    )


def is_busy(path: Path) -> bool:
    """Tell whether a process may hold the lock file at `path` now; none is made for that.

    Where that can't be found out, one may: nobody is to remove what might be in use.
    """
    try:
        if not is_there(path):
            return False
        with locked(path, "", wait=False):
            return False
    except BlockingIOError:
        return True
    except (OSError, DataDirectoryError):  # whoever may not lock it may still look
        return _seems_held(path)
