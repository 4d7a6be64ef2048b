"""The locks of downloads, as one resource holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from datamaestro.locks.exclusive import locked

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
    def holding(self, entry: Path, what: str) -> Iterator[None]:
        """Hold the lock of the download at `entry`; see :func:`locked`."""
        with ExitStack() as stack:
            with suppress(BlockingIOError) if self._held else nullcontext():
                lock = locked(entry.with_suffix(".lock"), what, wait=not self._held)
                stack.enter_context(lock)
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1
