"""Which source is asked when, and how patiently."""

from contextlib import suppress

import pytest

from datamaestro.download import Source
from datamaestro.errors import (
    DataFormatError,
    OfflineError,
    TransportError,
    VerificationError,
)
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.transfer.connections import host_of
from datamaestro.transfer.target import NextUrl
from datamaestro.transfer.transfer import ATTEMPTS
from datamaestro.transfer.url_queue import QueuedUrl, UrlQueue

BYTES = bytes(range(256))
FIRST, SECOND = "memory://first/x", "memory://second/x"
BUSY = TransportError("busy", retry=True)
GONE = TransportError("gone")


def order(queue, *errors):
    """Give what is asked when all fail, one error after the other."""
    taken = []
    for error in errors:
        taken.append(queue.next)
        queue.failed(error)
    assert queue.next is None
    return [(queued.url, queued.attempts) for queued in taken]


def test_the_only_source_is_asked_with_patience():
    assert UrlQueue(Source(("a:",)), ["a:"]).next == QueuedUrl("a:", ATTEMPTS)


def test_each_is_asked_once_before_one_is_asked_again():
    queue = UrlQueue(Source(("a:",)), ["a:", "b:", "c:"])
    assert order(queue, BUSY, GONE, BUSY, BUSY, GONE) == [
        ("a:", 1),
        ("b:", 1),
        ("c:", 1),
        ("a:", ATTEMPTS),
        ("c:", ATTEMPTS),
    ]


def test_the_last_resort_comes_after_all_patience():
    queue = UrlQueue(Source(("a:",)), ["a:"], ["old:"])
    assert order(queue, BUSY, BUSY, GONE) == [("a:", 1), ("a:", ATTEMPTS), ("old:", ATTEMPTS)]


WRONG = VerificationError("wrong md5")
DAMAGED = DataFormatError("no zip archive")
OFFLINE = OfflineError("offline")


def summary(*errors):
    """Give what is told when each of some URLs gave nothing, for an error each."""
    urls = [f"{letter}:" for letter, _ in zip("abc", errors, strict=False)]
    queue = UrlQueue(Source(tuple(urls)), (), urls)
    order(queue, *errors)
    return queue.summary()


@pytest.mark.parametrize("error", [BUSY, GONE, WRONG, DAMAGED])
def test_the_only_failure_is_told_as_it_is(error):
    assert summary(error) is error


def test_what_is_no_data_wherever_it_comes_from_is_told_once():
    assert summary(DAMAGED, DAMAGED) is DAMAGED


@pytest.mark.parametrize("wrong", [WRONG, DAMAGED])
@pytest.mark.parametrize("other", [GONE, OFFLINE])
def test_that_bytes_were_wrong_is_the_worst_news(wrong, other):
    error = summary(other, wrong)
    assert (type(error), error.where) == (VerificationError, "a:")
    assert error.found == f"{other} | {wrong}"


@pytest.mark.parametrize("errors", [(OFFLINE,), (OFFLINE, OFFLINE), (GONE, OFFLINE)])
def test_who_is_offline_is_told_how_to_prepare_for_it(errors):
    error = summary(*errors)
    assert (type(error), error.where) == (OfflineError, "a:")
    assert "settings.json" in error.hint


def test_all_sources_that_failed_are_told():
    error = summary(GONE, BUSY)
    assert (type(error), error.found) == (TransportError, "gone | busy")


@pytest.mark.parametrize(("other", "hopeful"), [(BUSY, True), (GONE, False)])
def test_who_may_hope_is_told_to_try_again(other, hopeful):
    assert (summary(GONE, other).hint is not None) == hopeful


def fetched(context, *urls):
    return CacheFetcher(context, context.path / "work").fetch(Source(urls)).read_bytes()


def test_a_source_that_is_away_costs_no_wait_while_another_has_the_bytes(context, memory):
    memory.REFUSED[FIRST] = TransportError("refused", where=FIRST, retry=True)
    memory.CONTENT[SECOND] = BYTES
    assert fetched(context, FIRST, SECOND) == BYTES
    assert [request.url for request in memory.REQUESTS] == [FIRST, SECOND]


@pytest.mark.parametrize("unreachable", [False, True])
def test_when_no_other_has_the_bytes_a_source_is_given_time_to_come_back(
    context, memory, quick, unreachable
):
    memory.REFUSED[FIRST] = TransportError(
        "refused", where=FIRST, retry=True, unreachable=unreachable
    )
    with pytest.raises(TransportError, match="refused"):
        fetched(context, FIRST, SECOND)
    urls = [request.url for request in memory.REQUESTS]
    assert urls == [FIRST, SECOND, *[FIRST] * ATTEMPTS]


@pytest.fixture
def hosts(context, memory):
    """Give a function that fetches a file from either of two hosts, and tells which it asked.

    The first can't be reached; both have all files otherwise.
    """
    error = TransportError("away", where=FIRST, retry=True, unreachable=True)
    for name in "abc":
        memory.REFUSED[f"memory://first/{name}"] = error
        memory.CONTENT[f"memory://second/{name}"] = BYTES

    def asked(name):
        memory.REQUESTS.clear()
        assert fetched(context, f"memory://first/{name}", f"memory://second/{name}") == BYTES
        return [host_of(request.url) for request in memory.REQUESTS]

    return asked


def test_a_host_that_can_not_be_reached_is_waited_for_once(hosts):
    assert [hosts(name) for name in "abc"] == [["first", "second"], ["second"], ["second"]]


def test_a_host_that_one_file_was_waited_for_in_vain_is_asked_once_for_others(
    context, memory, quick
):
    away = TransportError("away", where=FIRST, retry=True, unreachable=True)
    memory.REFUSED.update({f"memory://first/{name}": away for name in "abc"})

    def requests(name):
        memory.REQUESTS.clear()
        with suppress(TransportError):
            fetched(context, f"memory://first/{name}")
        return len(memory.REQUESTS)

    assert [requests(name) for name in "abc"] == [ATTEMPTS, 1, 1]
    memory.CONTENT["memory://first/d"] = BYTES
    assert [requests(name) for name in "da"] == [1, ATTEMPTS]


def test_a_host_that_answers_in_vain_is_waited_for_with_each_file(context, memory, quick):
    for name in "ab":
        url = f"memory://first/{name}"
        memory.REFUSED[url] = TransportError("busy", where=url, retry=True)
        memory.REQUESTS.clear()
        with pytest.raises(TransportError, match="busy"):
            fetched(context, url)
        assert len(memory.REQUESTS) == ATTEMPTS


def test_a_connection_to_another_host_than_the_first_counts_there(context, hosts, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "1")
    urls = ("memory://first/a", "memory://second/a")
    fetcher = CacheFetcher(context, context.path / "work")
    with suppress(NextUrl), fetcher.open(Source(urls)):
        pass
    with fetcher.open(Source(urls)) as stream:
        assert not context.connections.take_free(urls[1])
        assert stream.read() == BYTES
    assert context.connections.take_free(urls[1])


def test_the_hosts_of_further_sources_are_counted_too(context, memory, monkeypatch):
    urls = ["memory://one/data", "memory://two/data"]
    memory.CONTENT.update(dict.fromkeys(urls, b"right"))
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "1")
    fetcher = CacheFetcher(context, context.path / "work")
    fetcher.fetch(Source((urls[0],)))
    with fetcher.open(Source((urls[1],))):
        assert not context.connections.take_free(urls[1])
    assert context.connections.take_free(urls[1])


def test_a_host_that_has_no_tail_for_not_being_reached_is_waited_for_no_more(
    context, hosts, memory
):
    urls = ("memory://first/a", "memory://second/a")
    fetcher = CacheFetcher(context, context.path / "work")
    assert fetcher.fetch_tail(Source(urls, size=len(BYTES)), 2) == BYTES[-2:]
    assert [host_of(request.url) for request in memory.REQUESTS] == ["first", "second"]
    assert hosts("b") == ["second"]


def test_a_host_that_could_not_be_reached_is_asked_when_no_other_has_the_bytes(hosts, memory):
    hosts("a")
    del memory.REFUSED["memory://first/b"], memory.CONTENT["memory://second/b"]
    memory.CONTENT["memory://first/b"] = BYTES
    assert hosts("b") == ["second", "first"]


def test_a_host_that_could_not_be_reached_is_asked_first_again_later(hosts, monkeypatch):
    monkeypatch.setattr("datamaestro.transfer.connections.REMEMBERED", 0.0)
    assert [hosts(name) for name in "ab"] == [["first", "second"]] * 2


def test_a_source_that_has_begun_is_not_left_for_another(context, memory, quick):
    memory.CONTENT[FIRST] = memory.CONTENT[SECOND] = BYTES
    memory.CUT_AFTER[FIRST] = [10, 20, 30]
    assert fetched(context, FIRST, SECOND) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 10, 20, 30]


def test_what_an_earlier_run_began_is_not_left_for_another_at_once(
    context, memory, quick, monkeypatch
):
    memory.CONTENT[FIRST] = BYTES
    memory.CUT_AFTER[FIRST] = [10] * 99
    with pytest.raises(TransportError, match="cut off"):
        fetched(context, FIRST, SECOND)
    memory.CONTENT[SECOND] = BYTES
    memory.CUT_AFTER.clear()
    memory.REQUESTS.clear()
    busy, original = [TransportError("busy", where=FIRST, retry=True)], memory.MemoryTransport.open

    def busy_at_first(self, request):
        if busy:
            raise busy.pop()
        return original(self, request)

    monkeypatch.setattr(memory.MemoryTransport, "open", busy_at_first)
    assert fetched(context, FIRST, SECOND) == BYTES
    assert [(request.url, request.start) for request in memory.REQUESTS] == [(FIRST, 10)]


def test_what_has_another_size_than_before_is_another_content_whatever_it_is_called(
    context, memory, quick, monkeypatch
):
    same = property(lambda response: "the same", lambda *_: None)
    monkeypatch.setattr(memory.MemoryResponse, "validator", same, raising=False)
    memory.CONTENT[FIRST] = BYTES
    memory.CUT_AFTER[FIRST] = [10] * 99
    with pytest.raises(TransportError, match="cut off"):
        fetched(context, FIRST)
    memory.CONTENT[FIRST] = BYTES[::-1] + b"more"
    memory.CUT_AFTER.clear()
    assert fetched(context, FIRST) == BYTES[::-1] + b"more"
