"""Threads that do jobs beside the one that hired them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

__all__ = ["Cancelled", "Crew", "Ended"]

K = TypeVar("K")
T = TypeVar("T")

PATIENCE = 2.0
"""Seconds to wait for jobs that were cancelled; what they leave, the next run continues."""


class Cancelled(BaseException):
    """A job ends because nobody waits for it any more; no handler may take it for a failure."""


@dataclass(frozen=True)
class Ended(Generic[K, T]):
    """How a job ended.

    :param key: what it was hired for
    :param result: what it gave, unless it failed
    :param error: how it failed
    """

    key: K
    result: T | None = None
    error: BaseException | None = None


class Crew(Generic[K, T]):
    """Does jobs in threads of its own; leaving its block cancels those that are left.

    A thread goes on with the next job, since starting one takes up to a millisecond. All
    are daemons: what a job is blocked in (a read, a custom resource) must keep nobody
    from leaving the program.

    :param cancelled: what jobs look at, and wait on, to know that they shall end
    :ivar busy: the number of jobs that haven't been collected
    """

    def __init__(self, cancelled: threading.Event) -> None:
        self.cancelled = cancelled
        self.busy = 0
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ended: SimpleQueue[Ended[K, T]] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cancelled.set()
        for _ in self._threads:
            self._jobs.put(None)
        end = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def start(self, key: K, job: Callable[[], T]) -> None:
        """Begin a job; :meth:`collect` gives it back under its key."""

        def do() -> None:
            try:
                ended = Ended[K, T](key, job())
            except BaseException as error:
                ended = Ended[K, T](key, error=error)
            self._ended.put(ended)

        self.busy += 1
        # With the caller's context, so that what it is in the middle of is known there.
        self._jobs.put(partial(copy_context().run, do))
        if len(self._threads) < self.busy:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def collect(self, timeout: float) -> list[Ended[K, T]]:
        """Give all jobs that have ended; if none has, wait for one, as long as `timeout` says."""
        ended = []
        with suppress(Empty):
            ended.append(self._ended.get(timeout=timeout))
            while True:
                ended.append(self._ended.get_nowait())
        self.busy -= len(ended)
        return ended
