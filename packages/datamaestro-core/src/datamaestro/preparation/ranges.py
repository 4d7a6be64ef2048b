"""One content through several connections at once, given in order.

The content is cut into pieces. Each connection asks for one piece after the other, a
little ahead of the reader, and what comes early waits in memory. So what is on disk
is always the beginning of the content, and an interrupted transfer goes on as any other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError
from datamaestro.preparation.connections import Connections
from datamaestro.preparation.pace import Pace
from datamaestro.utils import CHUNK_SIZE

__all__ = ["Ranges"]

BUFFER = 16 << 20
"""How many bytes may wait for the reader, whatever the number of connections."""

SMALLEST_PIECE = 1 << 20
LARGEST_PIECE = 4 << 20
"""A piece costs a round trip; many small ones ahead of the reader keep it from waiting."""

TRIAL = 1.0
"""Seconds after which several connections must have been worth it."""

GAIN = 1.2
"""How much faster than one connection they have to be."""


@dataclass
class _Piece:
    """A part of the content.

    :param start: the first byte that is still to come
    :param stop: the byte after the last
    """

    start: int
    stop: int
    claimed: bool = False
    chunks: deque[bytes] = field(default_factory=deque)

    @property
    def complete(self) -> bool:
        return self.start == self.stop


class Ranges(Response):
    """The rest of a content, from as many connections as the host grants.

    :param transport: what opens them
    :param request: what is asked for, and what identifies the content
    :param size: the bytes of the whole content
    :param connections: where to take connections from; the caller has two, and gives
        the second away
    :param rate: the bytes a second of one connection alone
    """

    def __init__(
        self,
        transport: Transport,
        request: TransportRequest,
        size: int,
        connections: Connections,
        rate: float,
    ) -> None:
        self.start = request.start
        self.size = size
        self.validator = request.validator
        self._transport = transport
        self._url = request.url
        self._connections = connections
        self._one_alone = rate
        self._began = time.monotonic()
        self._received = 0
        self._tried = False
        self._wanted = connections.limit
        self._piece = min(LARGEST_PIECE, max(SMALLEST_PIECE, BUFFER // (2 * self._wanted)))
        self._next = request.start
        self._pieces: deque[_Piece] = deque()
        self._workers = 0
        self._error: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._hire(taken=False)
        self._hire(taken=True)

    # --- the reader's side

    def read(self, size: int) -> bytes:
        with self._changed:
            while self._pieces or self._next < self._end:
                piece = self._pieces[0] if self._pieces else None
                if piece is not None and piece.chunks:
                    return _take(piece.chunks, size)
                if piece is not None and piece.complete:
                    self._pieces.popleft()
                    self._changed.notify_all()
                    self._judge()
                elif self._workers == 0:
                    raise TransportError(
                        f"no connection gave the rest: {self._error}", where=self._url, retry=True
                    ) from self._error
                else:
                    self._changed.wait()
            return b""

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def _end(self) -> int:
        assert self.size is not None, "a content is only cut when its size is known"
        return self.size

    def _judge(self) -> None:
        """Use all connections that are free, or one if several weren't worth it."""
        seconds = time.monotonic() - self._began
        if not self._tried and seconds > TRIAL:
            self._tried = True
            if self._received / seconds < GAIN * self._one_alone:
                self._wanted = 1
        while self._workers < self._wanted and self._connections.take_free(self._url):
            self._hire(taken=True)

    # --- the connections' side

    def _hire(self, *, taken: bool) -> None:
        """Begin to use one more connection; one that was `taken` is given back at its end."""
        self._workers += 1
        threading.Thread(target=self._work, args=(taken,), daemon=True).start()

    def _work(self, taken: bool) -> None:
        try:
            while (piece := self._claim()) is not None:
                try:
                    self._fetch(piece)
                except Exception as error:
                    self._give_up(piece, error)
                    return
        finally:
            if taken:
                self._connections.give_back(self._url)

    def _claim(self) -> _Piece | None:
        """Wait for a piece that may be asked for; None when this connection isn't needed."""
        with self._changed:
            while not self._closed and self._workers <= self._wanted:
                for piece in self._pieces:
                    if not piece.claimed:
                        piece.claimed = True
                        return piece
                if self._next == self._end:
                    break
                if len(self._pieces) * self._piece < BUFFER:
                    stop = min(self._next + self._piece, self._end)
                    piece = _Piece(self._next, stop, claimed=True)
                    self._next = stop
                    self._pieces.append(piece)
                    return piece
                self._changed.wait()
            self._leave()
            return None

    def _leave(self) -> None:
        self._workers -= 1
        self._changed.notify_all()

    def _fetch(self, piece: _Piece) -> None:
        request = TransportRequest(self._url, piece.start, self.validator, piece.stop)
        pace = Pace(self._url)
        with self._transport.open(request) as response:
            if (response.start, response.size) != (piece.start, self.size) or (
                response.validator != self.validator
            ):
                raise TransportError("the content changed while it was read", where=self._url)
            # To its very end, though all has come: only then the connection serves again.
            while chunk := pace.read(response, CHUNK_SIZE):
                if self._closed or piece.complete:
                    break
                self._put(piece, chunk[: piece.stop - piece.start])
        if not piece.complete and not self._closed:
            raise TransportError("the transfer ended early", where=self._url, retry=True)

    def _put(self, piece: _Piece, chunk: bytes) -> None:
        with self._changed:
            piece.chunks.append(chunk)
            piece.start += len(chunk)
            self._received += len(chunk)
            self._changed.notify_all()

    def _give_up(self, piece: _Piece, error: Exception) -> None:
        """Leave a piece to the other connections, if there are any."""
        if isinstance(error, TransportError) and error.overloaded:
            self._connections.lower(self._url)
        with self._changed:
            piece.claimed = False
            self._error = error
            self._leave()


def _take(chunks: deque[bytes], size: int) -> bytes:
    chunk = chunks.popleft()
    if len(chunk) > size:
        chunks.appendleft(chunk[size:])
    return chunk[:size]
