"""Small files that nothing else needs: they are fetched past the cache."""

import gc
import hashlib
import sys
from contextlib import contextmanager

import pytest
from fetched import Fetched

from datamaestro.data import Base
from datamaestro.definitions import Param, dataset
from datamaestro.download import Source
from datamaestro.errors import DataDirectoryError, TransportError, VerificationError

URL = "memory://host/small"
BYTES = bytes(range(256)) * 20


class Files(Base):
    paths: Param[list]


class Streamed(Fetched):
    def _download(self, destination):
        with self.open(self.source) as stream:
            destination.write_bytes(stream.read())


def known(url=URL, content=BYTES):
    return Source((url,), size=len(content), sha256=hashlib.sha256(content).hexdigest())


def single(resource):
    @resource
    @dataset(Files, id="org.example.single")
    def definition(file):
        return {"paths": [file]}

    return definition


@pytest.fixture
def small(memory, monkeypatch):
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    memory.CONTENT[URL] = BYTES
    return memory


def in_cache(context):
    """Give the suffixes of what lies in the cache."""
    return sorted({path.suffix for path in context.cachepath.glob("*")})


KINDS = pytest.mark.parametrize("kind", [Fetched, Streamed])


@KINDS
def test_they_leave_no_trace_in_the_cache(context, small, kind):
    (path,) = context.prepare(single(kind("file", known()))).paths
    assert path.read_bytes() == BYTES
    assert in_cache(context) == []


@KINDS
def test_what_is_fetched_is_recorded_as_any_other(context, small, kind):
    definition = single(kind("file", known()))
    context.prepare(definition)
    assert f'"url": "{URL}"' in (context.folder(definition) / ".state.json").read_text()


@KINDS
def test_where_downloads_are_kept_they_are_kept_too(context, small, kind):
    context.keep_downloads = True
    context.prepare(single(kind("file", known())))
    assert ".dl" in in_cache(context)


@KINDS
def test_what_the_cache_has_is_not_fetched(context, small, kind):
    context.keep_downloads = True
    definition = single(kind("file", known()))
    (path,) = context.prepare(definition).paths
    context.keep_downloads = False
    path.unlink()
    context.prepare(definition)
    assert len(small.REQUESTS) == 1


@KINDS
def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(context, small, kind):
    small.CUT_AFTER[URL] = [2000, 4500]
    (path,) = context.prepare(single(kind("file", known()))).paths
    assert path.read_bytes() == BYTES
    assert [request.start for request in small.REQUESTS] == [0, 2000, 4500]


@KINDS
def test_without_a_validator_it_starts_over(context, small, kind):
    small.NO_VALIDATOR.add(URL)
    small.CUT_AFTER[URL] = [2000]
    (path,) = context.prepare(single(kind("file", known()))).paths
    assert path.read_bytes() == BYTES
    assert [request.start for request in small.REQUESTS] == [0, 0]


@KINDS
def test_wrong_bytes_are_set_aside(context, small, kind):
    small.CONTENT[URL] = wrong = BYTES[::-1]
    with pytest.raises(VerificationError, match="set aside in") as caught:
        context.prepare(single(kind("file", known())))
    (rejected,) = context.cachepath.glob("*.rejected")
    assert rejected.read_bytes() == wrong
    assert str(rejected) in str(caught.value)


@KINDS
def test_a_page_in_their_place_is_named(context, small, kind):
    small.CONTENT[URL] = b"<html><title>Log in</title>".ljust(len(BYTES))
    with pytest.raises(VerificationError, match=r"a web page .*found 'Log in'"):
        context.prepare(single(kind("file", known())))


@pytest.fixture
def narrow(monkeypatch):
    """Give a block in which nobody writes more than 1,000 bytes to a file, not even pytest."""
    resource = pytest.importorskip("resource", reason="limits are for POSIX")
    # Python 3.11 would leave the first 1,000 bytes of what it compiles, for all later processes.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    @contextmanager
    def narrow():
        kind = resource.RLIMIT_FSIZE
        before = resource.getrlimit(kind)
        resource.setrlimit(kind, (1000, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(kind, before)

    return narrow


def test_a_file_that_can_not_be_written_holds_on_to_no_memory(context, small, narrow):
    with pytest.raises(DataDirectoryError, match="File too large"), narrow():
        context.prepare(single(Fetched("file", known())))
    gc.collect()  # failed in Python 3.13, and crashed 3.12, while the error had a view of it


@KINDS
def test_the_next_url_is_asked_for_what_the_first_does_not_give(context, small, kind):
    missing = "memory://host/missing"
    small.REFUSED[missing] = TransportError("refused", where=missing)
    source = Source((missing, URL), size=len(BYTES))
    (path,) = context.prepare(single(kind("file", source))).paths
    assert path.read_bytes() == BYTES


def test_what_two_resources_need_is_fetched_once(context, small):
    @Fetched("one", known())
    @Fetched("two", known())
    @dataset(Files, id="org.example.twice")
    def definition(one, two):
        return {"paths": [one, two]}

    one, two = context.prepare(definition).paths
    assert one.read_bytes() == two.read_bytes() == BYTES
    assert len(small.REQUESTS) == 1
