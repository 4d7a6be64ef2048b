"""Jobs in threads beside the one that starts them."""

import threading
from contextvars import ContextVar

from datamaestro.transfer import worker_threads as module
from datamaestro.transfer.cancelling import Cancellation, Cancelled
from datamaestro.transfer.worker_threads import WorkerThreads

PATIENCE = 30

place = ContextVar("place", default="nowhere")


def test_what_jobs_give_is_collected_under_their_keys():
    with WorkerThreads(Cancellation()) as workers:
        for number in range(5):
            workers.start(number, lambda number=number: number * 2)
        found = {}
        while workers.busy:
            found |= {item.key: item.result for item in workers.collect(PATIENCE)}
    assert found == {number: number * 2 for number in range(5)}


def test_jobs_are_done_at_the_same_time():
    both = threading.Barrier(2, timeout=30)
    with WorkerThreads(Cancellation()) as workers:
        workers.start("one", both.wait)
        workers.start("two", both.wait)
        ended = []
        while workers.busy:
            ended += workers.collect(PATIENCE)
    assert {item.error for item in ended} == {None}


def test_a_job_that_fails_is_collected_with_its_error():
    with WorkerThreads(Cancellation()) as workers:
        workers.start("job", lambda: 1 / 0)
        (ended,) = workers.collect(PATIENCE)
    assert isinstance(ended.error, ZeroDivisionError)


def test_nothing_is_collected_of_jobs_that_go_on():
    go_on = threading.Event()
    with WorkerThreads(Cancellation()) as workers:
        workers.start("job", lambda: go_on.wait(PATIENCE))
        assert workers.collect(0.01) == []
        assert workers.busy is True
        go_on.set()
        assert [item.key for item in workers.collect(PATIENCE)] == ["job"]


def test_a_job_knows_what_its_caller_is_in_the_middle_of():
    token = place.set("here")
    try:
        with WorkerThreads(Cancellation()) as workers:
            workers.start("job", place.get)
            (ended,) = workers.collect(PATIENCE)
    finally:
        place.reset(token)
    assert ended.result == "here"


def test_a_thread_that_has_done_a_job_goes_on_with_another():
    left = [("two", threading.get_ident), ("three", threading.get_ident)]
    with WorkerThreads(Cancellation(), lambda: left.pop(0) if left else None) as workers:
        workers.start("one", threading.get_ident)
        ended = []
        while workers.busy:
            ended += workers.collect(PATIENCE)
    assert [item.key for item in ended] == ["one", "two", "three"]
    assert len({item.result for item in ended}) == 1


def test_what_has_ended_is_collected_while_its_thread_goes_on():
    go_on = threading.Event()
    left = [("two", lambda: go_on.wait(PATIENCE))]
    with WorkerThreads(Cancellation(), lambda: left.pop() if left else None) as workers:
        workers.start("one", str)
        ended = []
        while not ended:
            ended = workers.collect(0.01)
        assert [item.key for item in ended] == ["one"]
        assert workers.busy
        go_on.set()
        assert [item.key for item in workers.collect(PATIENCE)] == ["two"]


def test_a_thread_goes_on_with_nothing_once_all_is_cancelled():
    def cancel():
        workers.cancelled.set()

    with WorkerThreads(Cancellation(), lambda: ("never", str)) as workers:
        workers.start("one", cancel)
        assert [item.key for item in workers.collect(PATIENCE)] == ["one"]
        assert not workers.busy


def test_leaving_cancels_what_is_left():
    ended = []

    def job():
        try:
            if workers.cancelled.wait(30):
                raise Cancelled
        finally:
            ended.append("cancelled")

    with WorkerThreads(Cancellation()) as workers:
        workers.start("job", job)
    assert ended == ["cancelled"]


def test_a_job_that_does_not_end_keeps_nobody(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    never = threading.Event()
    with WorkerThreads(Cancellation()) as workers:
        workers.start("job", never.wait)
    never.set()
