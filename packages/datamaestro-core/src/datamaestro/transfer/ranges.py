"""One content through several connections at once, given in order.

The content is cut into pieces. Each connection asks for one piece after the other, a
little ahead of the reader, and what comes early waits in memory. So what is on disk
is always the beginning of the content, and an interrupted transfer goes on as any other.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.pieces import Piece, Worker
from datamaestro.transfer.rate_monitor import RateMonitor, opened

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

LOOK = 0.1
"""Seconds after which a reader that waits looks at the connection that it waits for."""

SLOWER = 3.0
"""How many times as long as usual one piece may take; meanwhile the others run out of room."""

PATIENCE = 0.5
"""Seconds that it may take in any case."""

SILENT = 15.0
"""Seconds of waiting without a byte of any connection after which all are given up.

After a change of the network none of them gives any more, and each would be waited for as long
as one alone, which may be slow to answer.
"""

LATELY = 8
"""How many pieces tell what is usual."""


class Ranges(Response):
    """The rest of a content, from as many connections as the host grants.

    :param transport: what opens them
    :param request: what is asked for, and what identifies the content
    :param size: the bytes of the whole content
    :param connections: counts the connections. The caller has taken two, which become those of
        the first two threads; each thread gives its own back when it ends. Closing takes one
        again, so that the caller ends as it began, with one
    :param rate: the bytes a second of one connection alone
    :ivar faster: whether several connections have shown to be worth it
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
        self._began = self._heard = time.monotonic()
        self._received = 0
        self._tried = self.faster = False
        self._wanted = connections.limit
        self._piece = min(LARGEST_PIECE, max(SMALLEST_PIECE, BUFFER // (2 * self._wanted)))
        self._next = request.start
        self._pieces: deque[Piece] = deque()
        self._seconds: deque[float] = deque(maxlen=LATELY)
        self._workers: list[Worker] = []
        self._error: Exception | None = None
        self._aborted = self._closed = False
        self._changed = threading.Condition()
        with self._changed:
            self._hire()
            self._hire()

    # --- the reader's side

    def read(self, size: int) -> bytes:
        with self._changed:
            self._heard = time.monotonic()
            while self._pieces or self._next < self._end:
                piece = self._pieces[0] if self._pieces else None
                if self._aborted:
                    raise TransportError("the transfer was aborted", where=self._url)
                if piece is not None and piece.chunks:
                    return piece.take(size)
                if piece is not None and piece.complete:
                    self._pieces.popleft()
                    self._changed.notify_all()
                    self._judge()
                elif not self._workers:
                    raise TransportError(
                        f"no connection gave the rest: {self._error}", where=self._url, retry=True
                    ) from self._error
                else:
                    self._look()
                    self._changed.wait(LOOK)
            return b""

    def abort(self) -> None:
        with self._changed:
            self._aborted = True
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._connections.take(self._url)

    @property
    def _end(self) -> int:
        assert self.size is not None, "a content is only cut when its size is known"
        return self.size

    def _judge(self) -> None:
        """Use all connections that are free, or one if several weren't worth it."""
        seconds = time.monotonic() - self._began
        if not self._tried and seconds > TRIAL:
            self._tried = True
            self.faster = self._received / seconds >= GAIN * self._one_alone
            if not self.faster:
                self._wanted = 1
        self._hire_all()

    def _look(self) -> None:
        """Look after the connection that the reader waits for.

        :raises TransportError: if none has given anything for too long
        """
        if time.monotonic() - self._heard > SILENT:
            raise TransportError(
                f"no connection gave anything for {SILENT:.0f} s", where=self._url, retry=True
            )
        # Not at once: the server may still count the connection that there was before.
        if time.monotonic() - self._began > LOOK:
            self._hire_all()
        self._relieve()

    def _relieve(self) -> None:
        """Take the piece that the reader waits for from a connection that is much too slow.

        Another connection goes on with the rest of it. This isn't done a second time before a
        piece has come: it may be the whole network that pauses.
        """
        piece = self._pieces[0] if self._pieces else None
        if piece is None or piece.worker is None or piece.complete or not self._seconds:
            return
        mean = sum(self._seconds) / len(self._seconds)
        if time.monotonic() - piece.since < max(PATIENCE, SLOWER * mean):
            return
        if len(self._workers) == 1:
            if not self._connections.take_free(self._url):
                return
            self._hire()
        self._leave(piece.worker, replace=piece.worker.received >= self._piece)
        piece.worker = None
        self._seconds.clear()

    # --- the connections' side

    def _hire(self) -> None:
        """Begin to use one more connection, which was taken."""
        worker = Worker()
        self._workers.append(worker)
        threading.Thread(target=self._work, args=(worker,), daemon=True).start()

    def _hire_all(self) -> None:
        while len(self._workers) < self._wanted and self._connections.take_free(self._url):
            self._hire()

    def _work(self, worker: Worker) -> None:
        try:
            while (piece := self._claim(worker)) is not None:
                try:
                    self._fetch(worker, piece)
                except Exception as error:
                    self._give_up(worker, piece, error)
                    return
        finally:
            self._connections.give_back(self._url)

    def _claim(self, worker: Worker) -> Piece | None:
        """Wait for a piece that may be asked for; None when this connection isn't needed."""
        with self._changed:
            while not self._closed and self._needs(worker):
                piece = self._unclaimed()
                if piece is not None:
                    piece.worker, piece.since = worker, time.monotonic()
                    return piece
                if self._next == self._end:
                    break
                self._changed.wait()
            self._leave(worker)
            return None

    def _needs(self, worker: Worker) -> bool:
        """Tell whether a connection is one of those that are wanted; the fastest always is."""
        if worker not in self._workers:
            return False
        fastest = max(self._workers, key=lambda other: other.received)
        return len(self._workers) <= self._wanted or worker is fastest

    def _unclaimed(self) -> Piece | None:
        """Give the first piece that nobody gives; a new one as far as there is room for it."""
        for piece in self._pieces:
            if piece.worker is None:
                return piece
        if self._next == self._end or len(self._pieces) * self._piece >= BUFFER:
            return None
        start, self._next = self._next, min(self._next + self._piece, self._end)
        self._pieces.append(Piece(start, self._next))
        return self._pieces[-1]

    def _leave(self, worker: Worker, *, replace: bool = True) -> None:
        """Go on without a connection.

        :param replace: whether another may take its place; one that gave nothing isn't replaced
        """
        if worker in self._workers:
            self._workers.remove(worker)
            self._wanted = max(1, self._wanted - (not replace))
            self._changed.notify_all()

    def _fetch(self, worker: Worker, piece: Piece) -> None:
        request = TransportRequest(self._url, piece.start, self.validator, piece.stop)
        monitor = RateMonitor(self._url)
        with opened(self._transport, request) as response:
            if (response.start, response.size) != (request.start, self.size) or (
                response.validator != self.validator
            ):
                raise TransportError("the content changed while it was read", where=self._url)
            # To its very end, though all has come: only then the connection serves again.
            while chunk := monitor.read(response, CHUNK_SIZE):
                if not self._put(worker, piece, chunk):
                    return
        if not piece.complete:
            raise TransportError("the transfer ended early", where=self._url, retry=True)

    def _put(self, worker: Worker, piece: Piece, chunk: bytes) -> bool:
        """Add to a piece; tell whether it was of use there."""
        with self._changed:
            if self._closed or piece.complete or piece.worker is not worker:
                return False
            chunk = chunk[: piece.stop - piece.start]
            piece.chunks.append(chunk)
            piece.start += len(chunk)
            worker.received += len(chunk)
            self._received += len(chunk)
            self._heard = time.monotonic()
            if piece.complete:
                self._seconds.append(time.monotonic() - piece.since)
            self._changed.notify_all()
            return True

    def _give_up(self, worker: Worker, piece: Piece, error: Exception) -> None:
        """Leave a piece to the other connections, if there are any."""
        # That it can't be reached is no news: it was, and other connections may still have it.
        if isinstance(error, TransportError) and error.overloaded:
            self._connections.lower(self._url)
        with self._changed:
            if piece.worker is worker and not piece.complete:
                piece.worker = None
            self._error = error
            self._leave(worker, replace=worker.received > 0)
