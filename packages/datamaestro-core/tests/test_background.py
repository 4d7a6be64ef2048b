"""What is done with chunks beside the one who brings them."""

import threading

import pytest

from datamaestro.transfer.background import ALONE, PENDING, BackgroundWorker

LARGE = bytes(ALONE)


class Full(Exception):
    """What a test's disk raises."""


def numbered(count):
    return [bytes([number]) * ALONE for number in range(count)]


def put_all(do, chunks, error=None):
    """Put chunks, then leave by an error, if there is one."""
    with BackgroundWorker(do) as aside:
        for chunk in chunks:
            aside.put(chunk)
        if error is not None:
            raise error


def fail_aside(chunk):
    """Fail, unless done by the one who brings the chunks."""
    if threading.current_thread() is not threading.main_thread():
        raise Full


def test_it_is_done_with_all_chunks_in_their_order():
    done = []
    put_all(done.append, numbered(3 * PENDING))
    assert done == numbered(3 * PENDING)


def test_little_is_done_at_once_and_much_in_another_thread():
    threads = []
    put_all(lambda chunk: threads.append(threading.current_thread()), [b"little", LARGE, LARGE])
    here, still_here, aside = threads
    assert here is still_here is threading.current_thread()
    assert aside is not here


def test_no_more_chunks_wait_than_there_is_room_for():
    going_on, counts, waiting = threading.Event(), [], []

    def do(chunk):
        if threading.current_thread() is not threading.main_thread():
            going_on.wait(30)
            waiting.pop()

    threading.Timer(0.3, going_on.set).start()
    with BackgroundWorker(do) as aside:
        aside.put(LARGE)
        for number in range(3 * PENDING):
            waiting.append(number)
            aside.put(LARGE)
            counts.append(len(waiting))
    assert max(counts) <= PENDING


@pytest.mark.parametrize("fails", [0, 1, 5, 3 * PENDING - 1])
def test_a_failure_is_raised_and_nothing_more_is_done(fails):
    done = []

    def do(chunk):
        if chunk[0] == fails:
            raise Full(fails)
        done.append(chunk[0])

    with pytest.raises(Full):
        put_all(do, numbered(3 * PENDING))
    assert done == list(range(fails))


def test_all_is_done_when_the_block_is_left_by_an_error():
    done = []
    with pytest.raises(ZeroDivisionError):
        put_all(done.append, numbered(5), ZeroDivisionError())
    assert done == numbered(5)


def test_a_failure_that_was_not_told_yet_is_told_beside_another():
    with pytest.raises(Full) as caught:
        put_all(fail_aside, [LARGE, LARGE], ZeroDivisionError())
    assert isinstance(caught.value.__context__, ZeroDivisionError)


def test_who_leaves_for_good_is_told_of_no_failure():
    with pytest.raises(KeyboardInterrupt):
        put_all(fail_aside, [LARGE, LARGE], KeyboardInterrupt())
