"""Several connections for one content, of which some become slow or fall silent."""

import threading
import time

import pytest
from piecewise import CONTENT, Piecewise, opened, read_all

from datamaestro.errors import TransportError
from datamaestro.transfer import ranges


@pytest.fixture
def stall(monkeypatch):
    """Give what a connection waits for that stalls; it's patiently waited for otherwise."""
    monkeypatch.setattr(ranges, "PATIENCE", 0.2)
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("number", [1, 2, 7, 25])
def test_the_rest_of_a_piece_that_stalls_comes_from_another_connection(small_pieces, stall, number):
    transport = Piecewise(pause=0.0005)
    transport.stalled = {number: stall}
    response, _ = opened(transport, limit=4)
    with response:
        began = time.monotonic()
        assert read_all(response) == CONTENT
        assert time.monotonic() - began < 10
    assert transport.requests[number - 1].start + 1000 in [r.start for r in transport.requests]


def test_further_connections_help_when_the_first_ones_give_no_whole_piece(small_pieces, stall):
    transport = Piecewise(pause=0.0005)
    transport.stalled = {(1, 1): stall, (2, 1): stall}
    response, _ = opened(transport, limit=4)
    with response:
        began = time.monotonic()
        assert read_all(response) == CONTENT
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("limit", [2, 3])
@pytest.mark.parametrize("number", [1, 2])
def test_the_last_piece_that_stalls_comes_from_a_connection_that_is_free(
    small_pieces, stall, number, limit
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
def test_a_slow_connection_is_replaced_if_it_was_fast_before(small_pieces, stall, stalled, wanted):
    transport = Piecewise(pause=0.0005)
    transport.stalled = {stalled: stall}
    response, _ = opened(transport, limit=4)
    with response:
        assert read_all(response) == CONTENT
        assert response._wanted == wanted


def test_a_pause_of_all_connections_costs_one_at_the_most(small_pieces, stall, monkeypatch):
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


def test_connections_that_all_fall_silent_are_given_up_together(small_pieces, stall, monkeypatch):
    monkeypatch.setattr(ranges, "SILENT", 0.5)
    transport = Piecewise(pause=0.0005)
    transport.stalled = dict.fromkeys(range(5, 40), stall)
    response, _ = opened(transport, limit=4)
    with response, pytest.raises(TransportError, match="no connection gave anything") as caught:
        read_all(response)
    assert caught.value.retry


def test_a_reader_that_is_slow_itself_gives_no_connection_up(small_pieces, monkeypatch):
    monkeypatch.setattr(ranges, "SILENT", 0.1)
    response, _ = opened(Piecewise(pause=0.0005))
    with response:
        first = response.read(1)
        time.sleep(0.3)  # all that may wait for the reader is there by now
        assert first + read_all(response) == CONTENT
