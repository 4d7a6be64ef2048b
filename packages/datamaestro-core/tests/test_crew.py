"""Jobs beside the one that hired a crew."""

import threading
from contextvars import ContextVar

from datamaestro.preparation import crew as module
from datamaestro.preparation.crew import Cancelled, Crew

PATIENCE = 30

place = ContextVar("place", default="nowhere")


def test_what_jobs_give_is_collected_under_their_keys():
    with Crew(threading.Event()) as crew:
        for number in range(5):
            crew.start(number, lambda number=number: number * 2)
        found = {}
        while crew.busy:
            found |= {item.key: item.result for item in crew.collect(PATIENCE)}
    assert found == {number: number * 2 for number in range(5)}


def test_jobs_are_done_at_the_same_time():
    both = threading.Barrier(2, timeout=30)
    with Crew(threading.Event()) as crew:
        crew.start("one", both.wait)
        crew.start("two", both.wait)
        ended = []
        while crew.busy:
            ended += crew.collect(PATIENCE)
    assert {item.error for item in ended} == {None}


def test_a_job_that_fails_is_collected_with_its_error():
    with Crew(threading.Event()) as crew:
        crew.start("job", lambda: 1 / 0)
        (ended,) = crew.collect(PATIENCE)
    assert isinstance(ended.error, ZeroDivisionError)


def test_nothing_is_collected_of_jobs_that_go_on():
    go_on = threading.Event()
    with Crew(threading.Event()) as crew:
        crew.start("job", lambda: go_on.wait(PATIENCE))
        assert crew.collect(0.01) == []
        assert crew.busy is True
        go_on.set()
        assert [item.key for item in crew.collect(PATIENCE)] == ["job"]


def test_a_job_knows_what_its_caller_is_in_the_middle_of():
    token = place.set("here")
    try:
        with Crew(threading.Event()) as crew:
            crew.start("job", place.get)
            (ended,) = crew.collect(PATIENCE)
    finally:
        place.reset(token)
    assert ended.result == "here"


def test_a_thread_that_has_done_a_job_goes_on_with_another():
    left = [("two", threading.get_ident), ("three", threading.get_ident)]
    with Crew(threading.Event(), lambda: left.pop(0) if left else None) as crew:
        crew.start("one", threading.get_ident)
        ended = []
        while crew.busy:
            ended += crew.collect(PATIENCE)
    assert [item.key for item in ended] == ["one", "two", "three"]
    assert len({item.result for item in ended}) == 1


def test_what_has_ended_is_collected_while_its_thread_goes_on():
    go_on = threading.Event()
    left = [("two", lambda: go_on.wait(PATIENCE))]
    with Crew(threading.Event(), lambda: left.pop() if left else None) as crew:
        crew.start("one", str)
        ended = []
        while not ended:
            ended = crew.collect(0.01)
        assert [item.key for item in ended] == ["one"]
        assert crew.busy
        go_on.set()
        assert [item.key for item in crew.collect(PATIENCE)] == ["two"]


def test_a_thread_goes_on_with_nothing_once_all_is_cancelled():
    def cancel():
        crew.cancelled.set()

    with Crew(threading.Event(), lambda: ("never", str)) as crew:
        crew.start("one", cancel)
        assert [item.key for item in crew.collect(PATIENCE)] == ["one"]
        assert not crew.busy


def test_leaving_cancels_what_is_left():
    ended = []

    def job():
        try:
            if crew.cancelled.wait(30):
                raise Cancelled
        finally:
            ended.append("cancelled")

    with Crew(threading.Event()) as crew:
        crew.start("job", job)
    assert ended == ["cancelled"]


def test_a_job_that_does_not_end_keeps_nobody(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    never = threading.Event()
    with Crew(threading.Event()) as crew:
        crew.start("job", never.wait)
    never.set()
