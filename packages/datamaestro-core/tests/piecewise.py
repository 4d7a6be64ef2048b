"""A content that is given in ranges, as slowly and as badly as a test wants it."""

import threading
import time
from collections import Counter

from datamaestro.download import Response, Transport, TransportRequest
from datamaestro.errors import TransportError
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.ranges import Ranges

URL = "memory://host/data.bin"
CONTENT = bytes(range(256)) * 400


class Piecewise(Transport):
    """Gives the content, as slowly and as badly as a test wants it.

    :ivar failures: the errors that the next openings of a range raise
    :ivar stalled: by the number of a request, counted from 1, what it waits for after a chunk;
        or by the number of a connection and that of its request, in a pair
    :ivar aborted: what a read that waits for that gives when it's aborted; an error if None
    :ivar most: the most responses that were open at once
    """

    def __init__(self, content=CONTENT, *, chunk=1000, pause=0.0):
        super().__init__(None)
        self.content = content
        self.validator = "one"
        self.chunk = chunk
        self.pause = pause
        self.failures = []
        self.cut_after = []
        self.stalled = {}
        self.aborted = None
        self.requests = []
        self.requests_of = Counter()  # threads, each of which is a connection
        self.open_now = self.most = 0
        self.stops = True
        self.ranges = True
        self.lock = threading.Lock()

    def open(self, request):
        with self.lock:
            self.requests.append(request)
            thread = threading.get_ident()
            self.requests_of[thread] += 1
            asked = [*self.requests_of].index(thread) + 1, self.requests_of[thread]
            stalled = self.stalled.get(asked) or self.stalled.get(len(self.requests))
            if request.stop is not None and self.failures:
                raise self.failures.pop(0)
            self.open_now += 1
            self.most = max(self.most, self.open_now)
            cut = self.cut_after.pop(0) if request.stop is not None and self.cut_after else None
            return Piece(self, request, cut, stalled)


class Piece(Response):
    def __init__(self, transport, request, cut, stalled):
        self.transport = transport
        self.stalled = stalled
        self.start = self.position = request.start
        self.size = len(transport.content)
        self.validator = transport.validator
        self.ranges = transport.ranges
        stop = request.stop if request.stop is not None and transport.stops else self.size
        self.stop = stop if cut is None else min(stop, self.position + cut)
        self.closed = False
        self.aborted = threading.Event()

    def read(self, size):
        time.sleep(self.transport.pause)
        stop = min(self.position + min(size, self.transport.chunk), self.stop)
        chunk = self.transport.content[self.position : stop]
        if self.stalled is not None and self.position > self.start:
            self._wait()
            if self.aborted.is_set():
                if self.transport.aborted is None:
                    raise TransportError("it was aborted", where=URL, retry=True)
                return self.transport.aborted
        self.position = stop
        return chunk

    def _wait(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not self.aborted.is_set():
            if self.stalled.wait(0.01):
                return

    def abort(self):
        self.aborted.set()

    def close(self):
        if not self.closed:
            self.closed = True
            with self.transport.lock:
                self.transport.open_now -= 1


def opened(transport, *, limit=4, start=0, rate=0.0, validator="one"):
    """Open a content with the connections that a transfer would have taken."""
    connections = Connections(limit)
    connections.take(URL)
    connections.take(URL)
    request = TransportRequest(URL, start, validator)
    return Ranges(transport, request, len(transport.content), connections, rate), connections


def read_all(response, size=1 << 20):
    content = b""
    while chunk := response.read(size):
        assert len(chunk) <= size
        content += chunk
    return content
