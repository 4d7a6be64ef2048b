"""Waiting for threads: all that ends is given once, however often a wait is interrupted."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from datamaestro.waiting import each_ended


def test_each_is_given_once_it_has_ended(monkeypatch):
    monkeypatch.setattr("datamaestro.waiting.AWAKE", 0.001)
    go_on = Event()
    with ThreadPoolExecutor(1) as threads:
        first = Future()
        first.set_result(1)
        ended = each_ended([first, threads.submit(go_on.wait)])
        assert next(ended) is first
        go_on.set()
        assert [item.result() for item in ended] == [True]


def test_an_error_is_that_of_the_one_that_failed():
    failed = Future()
    failed.set_exception(TimeoutError("its own"))
    assert [str(item.exception()) for item in each_ended([failed])] == ["its own"]
