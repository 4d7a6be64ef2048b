"""The locks of downloads, as one resource holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress

from datamaestro.locks.exclusive import locked
from datamaestro.transfer.cache_entry import CacheEntry

__all__ = ["EntryLocks"]


class EntryLocks:
    """The locks of the downloads that one resource uses.

    A resource that holds one of them doesn't wait for another: its holder may be waiting
    for this one, or be the resource itself. It goes on without, and at the worst
    downloads what someone else is downloading too.
    """

    def __init__(self) -> None:
        self._held = 0

    @contextmanager
    def holding(self, entry: CacheEntry, what: str) -> Iterator[None]:
        """Hold the lock of a download; see :func:`locked`."""
        with ExitStack() as stack:
            with suppress(BlockingIOError) if self._held else nullcontext():
                lock = locked(entry.lock, what, wait=not self._held)
                stack.enter_context(lock)
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1
