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
        assert crew.busy == 1
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
