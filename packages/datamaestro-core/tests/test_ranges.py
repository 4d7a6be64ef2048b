"""Several connections for one content: in order, whole, and only while they help."""

import threading
import time
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from datamaestro.download import Response, Transport, TransportRequest
from datamaestro.download.source import Source
from datamaestro.errors import TransportError
from datamaestro.progress import NoProgress
from datamaestro.transfer import ranges, transfer
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.ranges import Ranges
from datamaestro.transfer.transfer import ATTEMPTS, Transfer, TransferContext

URL = "memory://host/data.bin"
CONTENT = bytes(range(256)) * 400


class Piecewise(Transport):
    """Gives a content in ranges, as slowly and as badly as a test wants it.

    :ivar failures: the errors that the next openings of a range raise
    :ivar stalled: by the number of a request, counted from 1, what it waits for after a chunk;
        or by the number of a connection and that of its request, in a pair
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

    def read(self, size):
        time.sleep(self.transport.pause)
        stop = min(self.position + min(size, self.transport.chunk), self.stop)
        chunk = self.transport.content[self.position : stop]
        if self.stalled is not None and self.position > self.start:
            self.stalled.wait(20)
        self.position = stop
        return chunk

    def close(self):
        if not self.closed:
            self.closed = True
            with self.transport.lock:
                self.transport.open_now -= 1


@pytest.fixture
def small(monkeypatch):
    """Make pieces so small that little content has many."""
    monkeypatch.setattr(ranges, "BUFFER", 16_000)
    monkeypatch.setattr(ranges, "SMALLEST_PIECE", 1)
    monkeypatch.setattr(ranges, "LARGEST_PIECE", 4_000)


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


def free(connections, count):
    """Tell whether so many connections become free, and no more; threads end soon after."""
    for _ in range(1000):
        taken = [connections.take_free(URL) for _ in range(count + 1)]
        for _ in range(sum(taken)):
            connections.give_back(URL)
        if sum(taken) == count:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("start", [0, 1, 3_999, 4_000, 50_000, len(CONTENT) - 1])
def test_the_rest_of_a_content_comes_whole_and_in_order(small, start):
    response, _ = opened(Piecewise(), start=start)
    with response:
        assert read_all(response) == CONTENT[start:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    length=st.integers(1, 60_000),
    chunk=st.integers(100, 5_000),
    limit=st.integers(1, 9),
    size=st.integers(100, 10_000),
    cuts=st.lists(st.integers(0, 5_000), max_size=3),
)
def test_however_the_pieces_come_the_content_is_right(small, length, chunk, limit, size, cuts):
    transport = Piecewise(CONTENT[:length], chunk=chunk)
    transport.cut_after = cuts
    received = b""
    for _ in range(len(cuts) + 1):
        response, _ = opened(transport, limit=limit, start=len(received))
        # Only when every connection breaks off at once does the transfer have to go on.
        with response, suppress(TransportError):
            while part := response.read(size):
                received += part
    assert received == transport.content


def test_no_more_connections_are_open_than_the_host_gets(small):
    transport = Piecewise(pause=0.001)
    response, _ = opened(transport, limit=3)
    with response:
        read_all(response)
    assert transport.most == 3


def test_connections_are_given_back(small):
    response, connections = opened(Piecewise(), limit=3)
    with response:
        read_all(response)
    connections.give_back(URL)  # the transfer's own
    assert free(connections, 3)


def test_what_one_connection_fails_to_give_another_does(small):
    transport = Piecewise()
    transport.failures = [TransportError("refused", where=URL)]
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT


def test_a_piece_that_breaks_off_is_continued_by_another_connection(small):
    transport = Piecewise()
    transport.cut_after = [1500]
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT
    assert any(request.start % 4_000 == 1500 for request in transport.requests)


def test_when_every_connection_fails_the_transfer_may_try_again(small):
    transport = Piecewise()
    transport.failures = [TransportError("refused", where=URL) for _ in range(9)]
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="no connection gave the rest") as caught:
        read_all(response)
    assert caught.value.retry


def test_a_server_that_refuses_all_from_now_on_is_not_asked_without_end(small, monkeypatch):
    monkeypatch.setattr(ranges, "LOOK", 0.001)

    class Expiring(Piecewise):
        def open(self, request):
            response = super().open(request)
            if 6 < len(self.requests) < 200:
                time.sleep(0.002)
                raise TransportError("expired", where=URL)
            return response

    transport = Expiring(pause=0.001)
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="expired"):
        read_all(response)
    assert len(transport.requests) < 30


def test_an_error_that_nobody_expected_reaches_the_reader(small):
    transport = Piecewise()
    transport.failures = [ZeroDivisionError("a bug") for _ in range(9)]
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="a bug"):
        read_all(response)


def test_pieces_of_another_content_are_refused(small):
    transport = Piecewise()
    transport.validator = "two"
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="the content changed"):
        read_all(response)


def test_a_server_that_gives_more_than_asked_for_is_cut_off(small):
    transport = Piecewise()
    transport.stops = False
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT


def test_a_host_that_is_asked_too_much_gets_fewer_connections(small):
    transport = Piecewise(pause=0.001)
    transport.failures = [TransportError("429", where=URL, overloaded=True)]
    response, connections = opened(transport, limit=4)
    with response:
        assert read_all(response) == CONTENT
    connections.give_back(URL)
    assert free(connections, connections.limit_for(URL))
    assert connections.limit_for(URL) < 4


def test_a_host_that_lets_no_further_connection_come_about_can_be_reached(small):
    transport = Piecewise()
    transport.failures = [TransportError("no answer", where=URL, retry=True, unreachable=True)]
    response, connections = opened(transport)
    with response:
        assert read_all(response) == CONTENT
    assert not connections.is_unreachable(URL)


def test_several_connections_that_are_not_faster_are_given_up(small, monkeypatch):
    monkeypatch.setattr(ranges, "TRIAL", 0.0)
    transport = Piecewise(pause=0.0005)
    response, _ = opened(transport, limit=4, rate=1e12)
    with response:
        first = response.read(1)
        rest = read_all(response)
        assert first + rest == CONTENT
        assert response._wanted == 1


@pytest.fixture
def stall(monkeypatch):
    """Give what a connection waits for that stalls; it's patiently waited for otherwise."""
    monkeypatch.setattr(ranges, "PATIENCE", 0.2)
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("number", [1, 2, 7, 25])
def test_the_rest_of_a_piece_that_stalls_comes_from_another_connection(small, stall, number):
    transport = Piecewise(pause=0.0005)
    transport.stalled = {number: stall}
    response, _ = opened(transport, limit=4)
    with response:
        began = time.monotonic()
        assert read_all(response) == CONTENT
        assert time.monotonic() - began < 10
    assert transport.requests[number - 1].start + 1000 in [r.start for r in transport.requests]


@pytest.mark.parametrize("limit", [2, 3])
@pytest.mark.parametrize("number", [1, 2])
def test_the_last_piece_that_stalls_comes_from_a_connection_that_is_free(
    small, stall, number, limit
):
    transport = Piecewise(CONTENT[:8_000], pause=0.001)
    transport.stalled = {number: stall}
    response, _ = opened(transport, limit=limit)
    with response:
        began = time.monotonic()
        assert read_all(response) == transport.content
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("stalled", "wanted"),
    [pytest.param((3, 1), 3, id="always slow"), pytest.param((3, 2), 4, id="became slow")],
)
def test_a_slow_connection_is_replaced_if_it_was_fast_before(small, stall, stalled, wanted):
    transport = Piecewise(pause=0.0005)
    transport.stalled = {stalled: stall}
    response, _ = opened(transport, limit=4)
    with response:
        assert read_all(response) == CONTENT
        assert response._wanted == wanted


def test_a_pause_of_all_connections_costs_one_at_the_most(small, stall, monkeypatch):
    monkeypatch.setattr(ranges, "PATIENCE", 0.6)

    def go_on():
        monkeypatch.setattr(ranges, "PATIENCE", 60)  # a busy machine may pause by itself
        stall.set()

    transport = Piecewise(pause=0.0005)
    transport.stalled = dict.fromkeys(range(5, 40), stall)
    response, _ = opened(transport, limit=4)
    with response:
        threading.Timer(1.5, go_on).start()
        assert read_all(response) == CONTENT
    handed_over = [request for request in transport.requests if request.start % 2_000]
    assert len(handed_over) == 1


def test_the_error_of_an_answer_that_never_ends_is_told_though_all_of_it_came(small):
    class Endless(Piece):
        def read(self, size):
            if self.position == self.stop:
                raise TransportError("the end doesn't come", where=URL, retry=True)
            return super().read(size)

    class Withholding(Piecewise):
        def open(self, request):
            return Endless(self, request, None, None)

    response, connections = opened(Withholding(), limit=2)
    connections.take(URL)  # another transfer's, so that none is free
    connections.take(URL)
    with response, pytest.raises(TransportError, match="the end doesn't come"):
        read_all(response)


def test_connections_that_all_fall_silent_are_given_up_together(small, stall, monkeypatch):
    monkeypatch.setattr(ranges, "SILENT", 0.5)
    transport = Piecewise(pause=0.0005)
    transport.stalled = dict.fromkeys(range(5, 40), stall)
    response, _ = opened(transport, limit=4)
    with response, pytest.raises(TransportError, match="no connection gave anything") as caught:
        read_all(response)
    assert caught.value.retry


def test_a_reader_that_is_slow_itself_gives_no_connection_up(small, monkeypatch):
    monkeypatch.setattr(ranges, "SILENT", 0.1)
    response, _ = opened(Piecewise(pause=0.0005))
    with response:
        first = response.read(1)
        time.sleep(0.3)  # all that may wait for the reader is there by now
        assert first + read_all(response) == CONTENT


# --- when a transfer uses them


@pytest.fixture
def transferred(tmp_path, monkeypatch):
    """Give a function that transfers a content, and tells with how many ranges."""
    monkeypatch.setattr(transfer, "FIRST_LOOK", 0.005)
    monkeypatch.setattr(transfer, "WORTH_SPLITTING", 0.0)

    def run(transport, *, limit=4):
        shared = TransferContext(NoProgress(), Connections(limit), threading.Event())
        partial = Partial(tmp_path / "x.part", URL)
        made = Transfer(transport, URL, Source((URL,)), partial, shared, ATTEMPTS, may_split=True)
        received = b"".join(made)
        assert received == transport.content == partial.path.read_bytes()
        return [request for request in transport.requests if request.stop is not None]

    return run


def test_a_transfer_that_waits_for_its_connection_uses_more(small, transferred):
    assert transferred(Piecewise(pause=0.001))


def test_a_transfer_whose_connection_is_the_only_one_uses_no_more(small, transferred):
    assert not transferred(Piecewise(pause=0.001), limit=0)


def test_a_transfer_of_what_nothing_identifies_uses_one_connection(small, transferred):
    transport = Piecewise(pause=0.001)
    transport.validator = None
    assert not transferred(transport)


def test_a_transfer_from_a_server_without_ranges_uses_one_connection(small, transferred):
    transport = Piecewise(pause=0.001)
    transport.ranges = False
    assert not transferred(transport)


def test_a_transfer_that_waits_for_its_reader_uses_one_connection(small, transferred, monkeypatch):
    monkeypatch.setattr(transfer, "MOSTLY_WAITING", 1.1)
    assert not transferred(Piecewise(pause=0.001))


class BreakingOff(Piecewise):
    """Refuses all ranges for once, after some have come.

    :ivar after: how many ranges come before
    """

    after = 8

    def open(self, request):
        ranges = [earlier for earlier in self.requests if earlier.stop is not None]
        if request.stop is not None and len(ranges) >= self.after:
            self.refuse_all = getattr(self, "refuse_all", True)
            if self.refuse_all:
                raise TransportError("the network is gone", where=URL)
        elif request.stop is None and len(ranges) >= self.after:
            self.refuse_all = False
        return super().open(request)


def ranges_after_a_failure(transport, transferred):
    transferred(transport)
    again = max(n for n, request in enumerate(transport.requests) if request.stop is None)
    assert again > 0
    return transport.requests[again + 1 :]


def test_several_connections_that_were_worth_it_are_used_again_when_they_broke_off(
    small, transferred, quick, monkeypatch
):
    monkeypatch.setattr(ranges, "TRIAL", 0.0)
    monkeypatch.setattr(ranges, "GAIN", 0.0)
    assert ranges_after_a_failure(BreakingOff(pause=0.002), transferred)


def test_several_connections_that_were_not_worth_it_are_used_once(small, transferred, quick):
    assert not ranges_after_a_failure(BreakingOff(pause=0.002), transferred)
