"""The parts of a content that come through several connections, and who gives them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

__all__ = ["Piece", "Worker"]


@dataclass(eq=False)
class Worker:
    """One connection.

    :ivar received: the bytes that it has given
    """

    received: int = 0


@dataclass
class Piece:
    """A part of the content.

    :param start: the first byte that is still to come
    :param stop: the byte after the last
    :ivar worker: the connection that gives it, if one does
    :ivar since: when it was asked for the piece
    :ivar chunks: what has come, and nobody has read yet
    """

    start: int
    stop: int
    worker: Worker | None = None
    since: float = 0.0
    chunks: deque[bytes] = field(default_factory=deque)

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.start == self.stop

    def take(self, size: int) -> bytes:
        """Give up to `size` bytes of what has come."""
        chunk = self.chunks.popleft()
        if len(chunk) > size:
            self.chunks.appendleft(chunk[size:])
        return chunk[:size]
