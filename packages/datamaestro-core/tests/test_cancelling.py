"""A transfer that nobody waits for any more ends, and what came stays."""

import threading

import pytest
from piecewise import CONTENT, URL, Piecewise

from datamaestro.download.source import Source
from datamaestro.errors import TransportError
from datamaestro.progress import NoProgress
from datamaestro.transfer import transfer
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.cancelling import Cancellation, Cancelled
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.transfer import ATTEMPTS, Transfer, TransferContext


@pytest.fixture
def partial(tmp_path):
    return Partial(CacheEntry(tmp_path, "x"), URL)


@pytest.fixture
def begun(partial, monkeypatch):
    """Give a function that begins to transfer: its chunks, and what cancels it."""
    monkeypatch.setattr(transfer, "FIRST_LOOK", 0.005)
    monkeypatch.setattr(transfer, "WORTH_SPLITTING", 0.0)

    def begin(transport, *, may_split=False):
        shared = TransferContext(NoProgress(), Connections(4), Cancellation())
        source = Source((URL,))
        made = Transfer(transport, URL, source, partial, shared, ATTEMPTS, may_split=may_split)
        return iter(made), shared.cancelled

    return begin


def all_that_comes(chunks):
    received = []
    with pytest.raises(Cancelled):
        received.extend(chunks)
    return b"".join(received)


def test_one_connection_gives_no_more(begun, partial):
    chunks, cancelled = begun(Piecewise())
    first = next(chunks)
    cancelled.set()
    assert first + all_that_comes(chunks) == partial.path.read_bytes() == CONTENT[:1000]


def test_several_connections_give_no_more(begun, partial, small_pieces):
    transport = Piecewise(pause=0.001)
    chunks, cancelled = begun(transport, may_split=True)
    received = b""
    while not any(request.stop is not None for request in transport.requests):
        received += next(chunks)
    received += next(chunks)
    cancelled.set()
    received += all_that_comes(chunks)
    assert received == partial.path.read_bytes() == CONTENT[: len(received)]
    assert len(received) < len(CONTENT)


def test_no_further_attempt_is_waited_for(begun, monkeypatch):
    monkeypatch.setattr(transfer, "FIRST_WAIT", 60.0)
    transport = Piecewise()
    transport.open = lambda request: refuse()

    def refuse():
        cancelled.set()
        raise TransportError("busy", where=URL, retry=True)

    chunks, cancelled = begun(transport)
    assert all_that_comes(chunks) == b""


def cancel_soon(cancelled):
    """Cancel while the caller waits; what it waits for takes 20 s otherwise."""
    threading.Timer(0.2, cancelled.set).start()


def test_a_transfer_that_waits_to_begin_is_ended(begun):
    transport = Piecewise()
    aborted, threads = threading.Event(), []

    def never(request):
        threads.append(threading.get_ident())
        aborted.wait(20)
        raise TransportError("broken off", where=URL, retry=True)

    transport.open = never
    transport.abort = lambda thread: (threads.append(thread), aborted.set())
    chunks, cancelled = begun(transport)
    cancel_soon(cancelled)
    assert all_that_comes(chunks) == b""
    assert threads == [threading.get_ident()] * 2


@pytest.mark.parametrize("gives", [b"", None])
def test_a_read_that_waits_is_ended(begun, partial, gives):
    stalled = threading.Event()
    transport = Piecewise()
    transport.stalled[1] = stalled
    transport.aborted = gives
    chunks, cancelled = begun(transport)
    first = next(chunks)
    cancel_soon(cancelled)
    assert first + all_that_comes(chunks) == partial.path.read_bytes() == CONTENT[:1000]
    assert not stalled.is_set()


def test_several_connections_that_wait_are_left(begun, partial, small_pieces):
    stalled = threading.Event()
    transport = Piecewise(pause=0.001)
    transport.stalled.update(dict.fromkeys(range(2, 20), stalled))
    chunks, cancelled = begun(transport, may_split=True)
    received = next(chunks)
    cancel_soon(cancelled)
    received += all_that_comes(chunks)
    assert received == partial.path.read_bytes() == CONTENT[: len(received)]
    stalled.set()


def test_what_begins_to_wait_later_is_ended_at_once():
    cancelled = Cancellation()
    cancelled.set()
    ended = threading.Event()
    with cancelled.aborts(ended.set):
        assert ended.is_set()


def test_what_waits_no_more_is_left_alone():
    cancelled = Cancellation()
    ended = threading.Event()
    with cancelled.aborts(ended.set):
        pass
    cancelled.set()
    assert not ended.is_set()
