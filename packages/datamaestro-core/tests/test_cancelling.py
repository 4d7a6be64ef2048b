"""A transfer that nobody waits for any more ends, and what came stays."""

import threading

import pytest
from piecewise import CONTENT, URL, Piecewise

from datamaestro.download.source import Source
from datamaestro.errors import TransportError
from datamaestro.progress import NoProgress
from datamaestro.transfer import transfer
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.transfer import ATTEMPTS, Transfer, TransferContext
from datamaestro.transfer.worker_threads import Cancelled


@pytest.fixture
def partial(tmp_path):
    return Partial(tmp_path / "x", URL)


@pytest.fixture
def begun(partial, monkeypatch):
    """Give a function that begins to transfer: its chunks, and what cancels it."""
    monkeypatch.setattr(transfer, "FIRST_LOOK", 0.005)
    monkeypatch.setattr(transfer, "WORTH_SPLITTING", 0.0)

    def begin(transport, *, may_split=False):
        shared = TransferContext(NoProgress(), Connections(4), threading.Event())
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
