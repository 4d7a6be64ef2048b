"""When a transfer uses several connections."""

import pytest
from piecewise import URL, Piecewise

from datamaestro.download.source import Source
from datamaestro.errors import TransportError
from datamaestro.progress import NoProgress
from datamaestro.transfer import ranges, transfer
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.cancelling import Cancellation
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.transfer import ATTEMPTS, Transfer, TransferContext


@pytest.fixture
def transferred(tmp_path, monkeypatch):
    """Give a function that transfers a content, and tells with how many ranges."""
    monkeypatch.setattr(transfer, "FIRST_LOOK", 0.005)
    monkeypatch.setattr(transfer, "WORTH_SPLITTING", 0.0)

    def run(transport, *, limit=4):
        shared = TransferContext(NoProgress(), Connections(limit), Cancellation())
        partial = Partial(CacheEntry(tmp_path, "x"), URL)
        made = Transfer(transport, URL, Source((URL,)), partial, shared, ATTEMPTS, may_split=True)
        received = b"".join(made)
        assert received == transport.content == partial.path.read_bytes()
        return [request for request in transport.requests if request.stop is not None]

    return run


def test_a_transfer_that_waits_for_its_connection_uses_more(small_pieces, transferred):
    assert transferred(Piecewise(pause=0.001))


def test_a_transfer_whose_connection_is_the_only_one_uses_no_more(small_pieces, transferred):
    assert not transferred(Piecewise(pause=0.001), limit=0)


def test_a_transfer_of_what_nothing_identifies_uses_one_connection(small_pieces, transferred):
    transport = Piecewise(pause=0.001)
    transport.validator = None
    assert not transferred(transport)


def test_a_transfer_from_a_server_without_ranges_uses_one_connection(small_pieces, transferred):
    transport = Piecewise(pause=0.001)
    transport.ranges = False
    assert not transferred(transport)


def test_a_transfer_that_waits_for_its_reader_uses_one_connection(
    small_pieces, transferred, monkeypatch
):
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
    small_pieces, transferred, quick, monkeypatch
):
    monkeypatch.setattr(ranges, "TRIAL", 0.0)
    monkeypatch.setattr(ranges, "GAIN", 0.0)
    assert ranges_after_a_failure(BreakingOff(pause=0.002), transferred)


def test_several_connections_that_were_not_worth_it_are_used_once(small_pieces, transferred, quick):
    assert not ranges_after_a_failure(BreakingOff(pause=0.002), transferred)
