"""Ending what nobody waits for any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Cancellation", "Cancelled"]


class Cancelled(BaseException):
    """A job ends because nobody waits for it any more; no handler may take it for a failure."""


class Cancellation(threading.Event):
    """Tells threads to end, and ends what they wait for meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._aborts: list[Callable[[], None]] = []

    def set(self) -> None:
        """Tell it, to all that look at this, wait for it, or are within :meth:`aborts`."""
        super().set()
        with self._lock:
            aborts = tuple(self._aborts)
        for abort in aborts:
            abort()

    @contextmanager
    def aborts(self, abort: Callable[[], None]) -> Iterator[None]:
        """Call `abort` in the block, from whichever thread, when this is or has been set.

        :param abort: ends what the block waits for; it may come late, or twice
        """
        with self._lock:
            self._aborts.append(abort)
        try:
            if self.is_set():
                abort()
            yield
        finally:
            with self._lock:
                self._aborts.remove(abort)

    def check(self) -> None:
        """Go no further once nobody waits.

        :raises Cancelled: once this is set
        """
        if self.is_set():
            raise Cancelled
