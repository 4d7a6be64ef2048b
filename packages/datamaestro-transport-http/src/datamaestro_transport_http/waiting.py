"""Threads that wait for an answer to begin, and how others end that.

A body is read from an answer, which can be told to end that. Before the answer has begun, a
connection is known to none but the pool that it comes from.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["Waiting"]


class Waiting:
    """The connections on which answers are waited for, by the threads that wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[int, socket.socket] = {}
        self._ended: set[int] = set()

    @contextmanager
    def here(self) -> Iterator[None]:
        """Let :meth:`end` be about the answers that the block waits for, and about no later one."""
        try:
            yield
        finally:
            with self._lock:
                self._ended.discard(threading.get_ident())

    @contextmanager
    def on(self, connection: Any) -> Iterator[None]:
        """Let others end what the block waits for.

        :param connection: the socket, or what encrypts one for the second time
        """
        thread = threading.get_ident()
        with self._lock:
            self._connections[thread] = getattr(connection, "socket", connection)
            self._end_if_told(thread)
        try:
            yield
        finally:
            with self._lock:
                del self._connections[thread]

    def end(self, thread: int) -> None:
        """End what a thread waits for, or is about to; its connection gives no more."""
        with self._lock:
            self._ended.add(thread)
            self._end_if_told(thread)

    def _end_if_told(self, thread: int) -> None:
        connection = self._connections.get(thread)
        if thread in self._ended and connection is not None:
            with suppress(OSError):
                # That of an encrypted one would take from the thread what it reads with.
                socket.socket.shutdown(connection, socket.SHUT_RD)
