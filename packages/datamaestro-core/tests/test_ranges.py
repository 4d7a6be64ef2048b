"""Several connections for one content: in order, whole, and only while they help."""

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from piecewise import CONTENT, URL, Piece, Piecewise, opened, read_all

from datamaestro.errors import TransportError
from datamaestro.transfer import ranges


def eventually(condition):
    """Tell whether something comes true, which threads see to."""
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def free(connections, count):
    """Tell whether so many connections become free, and no more; threads end soon after."""

    def so_many():
        taken = [connections.take_free(URL) for _ in range(count + 1)]
        for _ in range(sum(taken)):
            connections.give_back(URL)
        return sum(taken) == count

    return eventually(so_many)


@pytest.mark.parametrize("start", [0, 1, 3_999, 4_000, 50_000, len(CONTENT) - 1])
def test_the_rest_of_a_content_comes_whole_and_in_order(small_pieces, start):
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
def test_however_the_pieces_come_the_content_is_right(
    small_pieces, length, chunk, limit, size, cuts
):
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


def test_no_more_connections_are_open_than_the_host_gets(small_pieces):
    transport = Piecewise(pause=0.001)
    response, _ = opened(transport, limit=3)
    with response:
        read_all(response)
    assert transport.most == 3


def test_connections_are_given_back(small_pieces):
    response, connections = opened(Piecewise(), limit=3)
    with response:
        read_all(response)
    connections.give_back(URL)  # the transfer's own
    assert free(connections, 3)


def test_connections_are_free_for_others_once_nothing_is_left_to_ask_for(small_pieces):
    response, connections = opened(Piecewise(), limit=3)
    with response:
        read_all(response)
        assert free(connections, 3)


def test_no_further_connection_is_used_than_wanted(small_pieces):
    response, _ = opened(Piecewise(pause=0.001), limit=4)
    with response, response._changed:
        response._wanted = 2
        response._hire_all()
        assert len(response._workers) == 2


def test_the_fastest_connection_is_the_one_that_stays(small_pieces):
    response, _ = opened(Piecewise(pause=0.001))
    with response, response._changed:
        response._wanted = 1
        slower, faster = response._workers
        faster.received = slower.received + 1
        assert (response._needs(slower), response._needs(faster)) == (False, True)


def test_only_so_much_waits_in_memory_for_the_reader(small_pieces):
    def waiting():
        with response._changed:
            return sum(len(chunk) for piece in response._pieces for chunk in piece.chunks)

    response, _ = opened(Piecewise())
    with response:
        assert eventually(lambda: waiting() == ranges.BUFFER)
        time.sleep(0.1)
        assert waiting() == ranges.BUFFER
        assert read_all(response) == CONTENT


def test_what_one_connection_fails_to_give_another_does(small_pieces):
    transport = Piecewise()
    transport.failures = [TransportError("refused", where=URL)]
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT


def test_a_piece_that_breaks_off_is_continued_by_another_connection(small_pieces):
    transport = Piecewise()
    transport.cut_after = [1500]
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT
    assert any(request.start % 4_000 == 1500 for request in transport.requests)


def test_when_every_connection_fails_the_transfer_may_try_again(small_pieces):
    transport = Piecewise()
    transport.failures = [TransportError("refused", where=URL) for _ in range(9)]
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="no connection gave the rest") as caught:
        read_all(response)
    assert caught.value.retry


def test_when_every_piece_ends_early_the_transfer_may_try_again(small_pieces):
    transport = Piecewise()
    transport.cut_after = [0] * 99
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="the transfer ended early") as caught:
        read_all(response)
    assert caught.value.retry


def test_a_server_that_refuses_all_from_now_on_is_not_asked_without_end(small_pieces, monkeypatch):
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


def test_an_error_that_nobody_expected_reaches_the_reader(small_pieces):
    transport = Piecewise()
    transport.failures = [ZeroDivisionError("a bug") for _ in range(9)]
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="a bug"):
        read_all(response)


def test_pieces_of_another_content_are_refused(small_pieces):
    transport = Piecewise()
    transport.validator = "two"
    response, _ = opened(transport)
    with response, pytest.raises(TransportError, match="the content changed"):
        read_all(response)


def test_a_server_that_gives_more_than_asked_for_is_cut_off(small_pieces):
    transport = Piecewise()
    transport.stops = False
    response, _ = opened(transport)
    with response:
        assert read_all(response) == CONTENT


def test_a_host_that_is_asked_too_much_gets_fewer_connections(small_pieces):
    transport = Piecewise(pause=0.001)
    transport.failures = [TransportError("429", where=URL, overloaded=True)]
    response, connections = opened(transport, limit=4)
    with response:
        assert read_all(response) == CONTENT
    connections.give_back(URL)
    assert free(connections, connections.limit_for(URL))
    assert connections.limit_for(URL) < 4


def test_a_host_that_lets_no_further_connection_come_about_can_be_reached(small_pieces):
    transport = Piecewise()
    transport.failures = [TransportError("no answer", where=URL, retry=True, unreachable=True)]
    response, connections = opened(transport)
    with response:
        assert read_all(response) == CONTENT
    assert not connections.is_unreachable(URL)


def test_several_connections_that_are_not_faster_are_given_up(small_pieces, monkeypatch):
    monkeypatch.setattr(ranges, "TRIAL", 0.0)
    transport = Piecewise(pause=0.0005)
    response, _ = opened(transport, limit=4, rate=1e12)
    with response:
        first = response.read(1)
        rest = read_all(response)
        assert first + rest == CONTENT
        assert response._wanted == 1


class Endless(Piece):
    """A piece whose end doesn't come, though all of it does."""

    def read(self, size):
        if self.position == self.stop:
            raise TransportError("the end doesn't come", where=URL, retry=True)
        return super().read(size)


def test_the_error_of_an_answer_that_never_ends_is_told_though_all_of_it_came(small_pieces):
    class Withholding(Piecewise):
        def open(self, request):
            return Endless(self, request, None, None)

    response, connections = opened(Withholding(), limit=2)
    connections.take(URL)  # another transfer's, so that none is free
    connections.take(URL)
    with response, pytest.raises(TransportError, match="the end doesn't come"):
        read_all(response)


def test_what_came_whole_is_not_asked_for_again_though_its_connection_failed(small_pieces):
    class WithholdingOnce(Piecewise):
        def open(self, request):
            if not self.requests:
                self.requests.append(request)
                return Endless(self, request, None, None)
            return super().open(request)

    transport = WithholdingOnce()
    response, _ = opened(transport)
    with response:
        assert eventually(lambda: response._error is not None)
        assert read_all(response) == CONTENT
    starts = [request.start for request in transport.requests]
    assert sorted(starts) == list(range(0, len(CONTENT), 2_000))
