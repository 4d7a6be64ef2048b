"""Doing something with chunks in another thread than the one that brings them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Self

__all__ = ["BackgroundWorker"]

ALONE = 1 << 20
"""How many bytes are worked on without a thread: starting one costs more than they do."""

PENDING = 8
"""How many chunks may wait: enough to keep both sides busy, and little memory."""


class BackgroundWorker:
    """Does one thing with each chunk, in their order, in a thread once there are many.

    Hashing and writing release the interpreter's lock, so on two cores they cost the thread
    that brings the chunks almost no time. 1 GiB with SHA-256 from loopback took 1.33 s in
    one thread, 0.84 s with hashing in another, and a tenth less with writing in a third.

    Leaving the block waits until all is done.

    :param do: what is done with a chunk
    """

    def __init__(self, do: Callable[[bytes], object]) -> None:
        self._do = do
        self._taken = 0
        self._chunks: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = threading.Semaphore(PENDING)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.finish()
        else:  # such as an interruption, which no further error may hide
            self._wait()

    def put(self, chunk: bytes) -> None:
        """Do it with a further chunk, some time before the block is left.

        :raises BaseException: what doing it with this one or an earlier one raised
        """
        if self._taken < ALONE:
            self._taken += len(chunk)
            self._do(chunk)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._room.acquire()
        self._refuse_failure()
        self._chunks.put(chunk)

    def finish(self) -> None:
        """Wait until it is done with all.

        :raises BaseException: what doing it raised
        """
        self._wait()
        self._refuse_failure()

    def _wait(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._chunks.put(None)
            self._thread.join()

    def _refuse_failure(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            if self._error is None:
                try:
                    self._do(chunk)
                except BaseException as error:
                    self._error = error
            self._room.release()
