"""Work that runs ahead in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

__all__ = ["Prefetch"]

AHEAD = 8
"""Items that may lie between the thread that makes them and the one that takes them."""


class Prefetch:
    """Runs an iterator in a thread, a few items ahead of whoever takes them.

    Unpacking lets other threads run, so it costs the one that writes nothing.
    """

    def __init__(self, items: Iterator[bytes]) -> None:
        self._items = items
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="decompress", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            for item in self._items:
                self._queue.put(item)
                if self._stopped.is_set():
                    return
        except BaseException as error:  # raised where the items are taken
            end = error
        self._queue.put(end)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        item = self._queue.get()
        if isinstance(item, bytes):
            return item
        self._queue.put(None)  # asked again, it has still ended
        if item is None:
            raise StopIteration
        raise item

    def close(self) -> None:
        """Stop the thread; it ends with the read that it is in."""
        self._stopped.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)
            except queue.Empty:
                continue
        self._thread.join()
