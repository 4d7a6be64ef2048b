"""Fetching: sources in order, the cache, resuming, verification, being offline."""

import base64
import binascii
import errno
import functools
import gzip
import hashlib
import io
import json
import os
import shutil
from collections import namedtuple

import pytest
from fetched import Fetched
from hypothesis import HealthCheck, given, settings, strategies as st

from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import Response, Source, Transport
from datamaestro.errors import (
    DataDirectoryError,
    DataFormatError,
    DownloadError,
    OfflineError,
    SettingsError,
    TransportError,
    VerificationError,
)
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.progress import JSONLines
from datamaestro.transfer import rate_monitor
from datamaestro.transfer.candidates import candidate_urls
from datamaestro.transfer.pages import refuse_page
from datamaestro.transfer.transfer import ATTEMPTS
from datamaestro.utils import HashCheck

BYTES = bytes(range(256)) * 20
SHA256 = hashlib.sha256(BYTES).hexdigest()
URL = "memory://host/data.bin"


def fetched(source):
    @Fetched("data.bin", source)
    @dataset(File, id="org.example.fetched")
    def definition(data):
        """Fetched"""
        return {"path": data}

    return definition


@pytest.fixture
def prepare(context, memory, quick):
    def prepare(source, where=context):
        return where.prepare(fetched(source)).path.read_bytes()

    return prepare


def test_a_source_gives_its_bytes(prepare, memory):
    memory.CONTENT[URL] = BYTES
    assert prepare(Source((URL,))) == BYTES


def test_the_record_tells_url_size_digest_and_validator(context, prepare, memory):
    memory.CONTENT[URL] = BYTES
    source = Source((URL,))
    prepare(source)
    state = json.loads((context.folder(fetched(source)) / ".state.json").read_text())
    assert state["resources"]["data"]["downloads"] == [
        {
            "url": URL,
            "size": len(BYTES),
            "sha256": SHA256,
            "validator": hashlib.md5(BYTES).hexdigest(),
        }
    ]


def test_the_cache_is_empty_once_a_download_was_used(context, prepare, memory):
    memory.CONTENT[URL] = BYTES
    prepare(Source((URL,)))
    assert [path.suffix for path in context.cachepath.iterdir()] == [".lock"]


def test_downloads_are_kept_when_that_is_asked_for(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    keeping = Context(home / "keeping", keep_downloads=True)
    prepare(Source((URL,)), keeping)
    kept = keeping.cachepath / f"{hashlib.sha256(URL.encode()).hexdigest()}.dl"
    assert kept.read_bytes() == BYTES


def test_a_kept_download_is_not_fetched_again(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    keeping = Context(home / "keeping", keep_downloads=True)
    source = Source((URL,), sha256=SHA256)
    prepare(source, keeping)
    keeping.prepare(fetched(source)).path.unlink()
    prepare(source, keeping)
    assert len(memory.REQUESTS) == 1


def test_changing_data_leaves_a_kept_download_alone(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    keeping = Context(home / "keeping", keep_downloads=True)
    source = Source((URL,), sha256=SHA256)
    prepare(source, keeping)
    keeping.prepare(fetched(source)).path.write_bytes(b"changed")
    assert prepare(source, keeping) == BYTES


def test_a_cached_download_that_is_wrong_is_fetched_again(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    keeping = Context(home / "keeping", keep_downloads=True)
    path = keeping.cachepath / f"{hashlib.sha256(URL.encode()).hexdigest()}.dl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    assert prepare(Source((URL,), sha256=SHA256), keeping) == BYTES


def test_a_cached_download_of_another_size_than_declared_is_fetched_again(home, prepare, memory):
    memory.CONTENT[URL] = BYTES[:-4]
    keeping = Context(home / "keeping", keep_downloads=True)
    prepare(Source((URL,), size=len(BYTES) - 4), keeping)
    memory.CONTENT[URL] = BYTES
    assert prepare(Source((URL,), size=len(BYTES)), keeping) == BYTES


@pytest.mark.parametrize("known", [True, False], ids=["size known", "size unknown"])
def test_a_cached_download_that_a_loss_of_power_cut_off_is_fetched_again(
    home, prepare, memory, monkeypatch, known
):
    memory.CONTENT[URL] = BYTES
    if not known:
        monkeypatch.setattr(
            memory.MemoryResponse, "size", property(lambda *_: None, lambda *_: None)
        )
    keeping = Context(home / "keeping", keep_downloads=True)
    source = Source((URL,))
    prepare(source, keeping)
    shutil.rmtree(keeping.folder(fetched(source)))
    (download,) = keeping.cachepath.glob("*.dl")
    download.write_bytes(BYTES[:1000])
    assert prepare(source, keeping) == BYTES


def test_a_cached_download_with_the_declared_digest_needs_no_other_proof(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    keeping = Context(home / "keeping", keep_downloads=True)
    source = Source((URL,), sha256=SHA256)
    prepare(source, keeping)
    (note,) = keeping.cachepath.glob("*.json")
    note.write_text(note.read_text().replace(str(len(BYTES)), "7"))
    shutil.rmtree(keeping.folder(fetched(source)))
    assert prepare(source, keeping) == BYTES
    assert len(memory.REQUESTS) == 1


def test_where_a_file_has_one_name_alone_the_download_is_copied(
    context, prepare, memory, monkeypatch
):
    def refuse(*_names, **_options):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    memory.CONTENT[URL] = BYTES
    assert prepare(Source((URL,))) == BYTES
    assert [path.suffix for path in context.cachepath.iterdir()] == [".lock"]


RIGHT = HashCheck(hashlib.md5(BYTES).hexdigest())


def test_wrong_bytes_that_nothing_vouches_for_are_asked_for_again_in_the_next_run(
    context, memory, quick, caplog
):
    resource = Fetched("data.bin", URL, name="data", checker=RIGHT)
    definition = resource(dataset(File, id="org.example.mended")(lambda data: {"path": data}))
    memory.CONTENT[URL] = b"wrong"
    with pytest.raises(VerificationError, match="wrong md5"):
        context.prepare(definition)
    assert len(memory.REQUESTS) == 1
    memory.CONTENT[URL] = BYTES
    assert context.prepare(definition).path.read_bytes() == BYTES
    assert "it was made from the cache, and is made again from its source" in caplog.text


def test_wrong_bytes_are_asked_for_once_in_a_run(context, memory, quick):
    resource = Fetched("data.bin", URL, name="data", checker=RIGHT)
    definition = resource(dataset(File, id="org.example.mended")(lambda data: {"path": data}))
    memory.CONTENT[URL] = b"wrong"
    for _ in range(3):
        memory.REQUESTS.clear()
        with pytest.raises(VerificationError, match="wrong md5"):
            context.prepare(definition)
        assert len(memory.REQUESTS) == 1


def test_declared_bytes_of_which_something_wrong_is_made_are_kept(context, memory, quick):
    source = Source((URL,), sha256=hashlib.sha256(b"declared").hexdigest())
    resource = Fetched("data.bin", source, name="data", checker=RIGHT)
    definition = resource(dataset(File, id="org.example.mended")(lambda data: {"path": data}))
    memory.CONTENT[URL] = b"declared"
    for _ in range(2):
        with pytest.raises(VerificationError, match="wrong md5"):
            context.prepare(definition)
    assert len(memory.REQUESTS) == 1


# --- verification


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"sha256": "0" * 64}, f"wrong sha256: expected {'0' * 64}, found {SHA256}"),
        ({"md5": "0" * 32}, f"wrong md5: expected {'0' * 32}"),
        ({"size": 7}, f"wrong size: expected 7 bytes, found {len(BYTES)} bytes"),
    ],
)
def test_bytes_that_are_not_the_declared_ones_are_refused(prepare, memory, declared, message):
    memory.CONTENT[URL] = BYTES
    with pytest.raises(VerificationError, match=message) as caught:
        prepare(Source((URL,), **declared))
    assert caught.value.where == URL


def test_what_never_ends_is_given_up_once_it_is_larger_than_declared(prepare, memory, monkeypatch):
    memory.CONTENT[URL] = BYTES
    original = memory.MemoryTransport.open

    def endless(self, request):
        response = original(self, request)
        response.size = None
        response.read = lambda size: bytes(1000)
        return response

    monkeypatch.setattr(memory.MemoryTransport, "open", endless)
    with pytest.raises(VerificationError, match="wrong size: expected 5120 bytes, found 6000"):
        prepare(Source((URL,), size=len(BYTES)))


def test_wrong_bytes_are_set_aside_and_not_used_later(context, prepare, memory):
    memory.CONTENT[URL] = b"wrong"
    source = Source((URL,), sha256=SHA256)
    with pytest.raises(VerificationError, match="set aside in"):
        prepare(source)
    assert [path.read_bytes() for path in context.cachepath.glob("*.rejected")] == [b"wrong"]
    memory.CONTENT[URL] = BYTES
    assert prepare(source) == BYTES


def test_declared_digests_may_be_in_upper_case(prepare, memory):
    memory.CONTENT[URL] = BYTES
    assert prepare(Source((URL,), sha256=SHA256.upper())) == BYTES


# --- sources in order


def test_a_source_that_fails_is_followed_by_the_next(prepare, memory, caplog):
    memory.CONTENT["memory://mirror/data.bin"] = BYTES
    assert prepare(Source((URL, "memory://mirror/data.bin"))) == BYTES
    assert f"{URL}: not in memory" in caplog.text


def test_a_source_that_nothing_fetches_is_told_and_followed_by_the_next(prepare, memory, caplog):
    memory.CONTENT[URL] = BYTES
    assert prepare(Source(("strange://host/x", URL))) == BYTES
    assert "strange://host/x: no installed plugin fetches strange: URLs" in caplog.text


def test_a_source_with_wrong_bytes_is_followed_by_the_next(prepare, memory):
    memory.CONTENT[URL] = b"wrong"
    memory.CONTENT["memory://mirror/data.bin"] = BYTES
    assert prepare(Source((URL, "memory://mirror/data.bin"), sha256=SHA256)) == BYTES


def test_when_all_sources_fail_the_error_lists_each_with_its_reason(prepare):
    with pytest.raises(DownloadError) as caught:
        prepare(Source((URL, "memory://mirror/x", "strange://host/x")))
    message = str(caught.value)
    assert f"{URL}: not in memory" in message
    assert "memory://mirror/x: not in memory" in message
    assert "no installed plugin fetches strange: URLs" in message


@pytest.mark.parametrize("wrong", [b"wrong", None])
def test_the_failure_of_the_last_source_is_told_by_the_error_alone(prepare, memory, caplog, wrong):
    caplog.set_level("WARNING", logger="datamaestro")
    if wrong is not None:
        memory.CONTENT["memory://mirror/x"] = wrong
    with pytest.raises((DownloadError, VerificationError), match="memory://mirror/x"):
        prepare(Source((URL, "memory://mirror/x"), sha256=SHA256))
    assert URL in caplog.text
    assert "memory://mirror/x" not in caplog.text


def test_wrong_bytes_from_one_source_outweigh_the_failure_of_another(prepare, memory):
    memory.CONTENT[URL] = b"wrong"
    with pytest.raises(VerificationError, match="no source gave the declared bytes"):
        prepare(Source((URL, "memory://mirror/x"), sha256=SHA256))


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        (["https://a/x"], ["http://m/a/x", "https://a/x"]),
        (["https://u:p@a/x?q=1"], ["http://m/a/x?q=1", "https://u:p@a/x?q=1"]),
        (
            ["https://a/x", "https://b/y"],
            ["http://m/a/x", "http://m/b/y", "https://a/x", "https://b/y"],
        ),
        (["package:p/x", "https://a/x"], ["package:p/x", "http://m/a/x", "https://a/x"]),
        (["https://a/x", "package:p/x"], ["http://m/a/x", "https://a/x", "package:p/x"]),
    ],
)
def test_the_site_mirror_comes_before_all_but_local_copies(urls, expected):
    assert candidate_urls(Source(tuple(urls)), "http://m/") == expected


@pytest.mark.parametrize(
    "mirror",
    ["mirror.example.org/all", "/some/path", "me:5ecr3t@host/all", "http://[bad", "http:///all"],
)
def test_a_mirror_that_is_no_url_says_so(context, prepare, monkeypatch, mirror):
    monkeypatch.setenv("DATAMAESTRO_MIRROR", mirror)
    with pytest.raises(SettingsError, match="DATAMAESTRO_MIRROR: not the URL of a mir") as caught:
        prepare(Source((URL,)))
    assert "http://mirror.example.org/all" in caught.value.expected
    assert "5ecr3t" not in str(caught.value)


def test_prefixes_of_settings_are_replaced_the_longest_first():
    mirrors = {"https://a/": ["https://near/"], "https://a/b/": ["https://b1/", "https://b2/"]}
    assert candidate_urls(Source(("https://a/b/c",)), None, mirrors) == [
        "https://b1/c",
        "https://b2/c",
        "https://near/b/c",
        "https://a/b/c",
    ]


def test_mirrors_of_the_settings_are_asked_first(context, prepare, memory):
    memory.CONTENT["memory://near/data.bin"] = BYTES
    with context.settings.edit() as edited:
        edited.mirrors["memory://host/"] = ["memory://near/"]
    assert prepare(Source((URL,))) == BYTES
    assert [request.url for request in memory.REQUESTS] == ["memory://near/data.bin"]


# --- broken transfers


def test_a_transfer_that_breaks_off_goes_on_from_there(prepare, memory):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [1500, 3500]
    assert prepare(Source((URL,), sha256=SHA256)) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 1500, 3500]


def test_a_transfer_that_gets_on_may_break_off_as_often_as_it_does(prepare, memory):
    memory.CONTENT[URL] = BYTES
    cuts = [*range(500, 500 * (2 * ATTEMPTS + 1), 500)]
    memory.CUT_AFTER[URL] = cuts.copy()
    assert prepare(Source((URL,), sha256=SHA256)) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, *cuts]


def test_a_transfer_goes_on_in_the_next_run(prepare, memory):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [1000]
    source = Source((URL,), sha256=SHA256)
    memory.REFUSED.update({})
    original = memory.MemoryResponse.read

    def interrupted(self, size):
        if self.position >= 1000:
            raise KeyboardInterrupt
        return original(self, size)

    memory.MemoryResponse.read = interrupted
    with pytest.raises(KeyboardInterrupt):
        prepare(source)
    memory.MemoryResponse.read = original
    memory.CUT_AFTER.clear()
    assert prepare(source) == BYTES
    assert memory.REQUESTS[-1].start == 1000


def test_bytes_that_the_disk_refuses_are_not_there_in_the_next_run(context, prepare, memory):
    memory.CONTENT[URL] = BYTES
    flush, lost = os.fsync, set()

    def lose(descriptor):
        """Do as NFS does of bytes beyond a quota: the file has its length, and is told of once."""
        status = os.fstat(descriptor)
        if status.st_size != len(BYTES) or status.st_ino in lost:
            return flush(descriptor)
        lost.add(status.st_ino)
        for path in context.path.rglob("*"):
            if path.is_file() and path.stat().st_ino == status.st_ino:
                path.write_bytes(bytes(len(BYTES)))
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lose)
        with pytest.raises(DataDirectoryError, match="quota"):
            prepare(Source((URL,)))
    assert prepare(Source((URL,))) == BYTES


def test_a_transfer_that_was_interrupted_at_its_very_end_is_not_begun_anew(
    prepare, memory, monkeypatch
):
    memory.CONTENT[URL] = BYTES
    source = Source((URL,), sha256=SHA256)
    original = memory.MemoryResponse.read

    def interrupted(self, size):
        if self.position == len(BYTES):
            raise KeyboardInterrupt
        return original(self, size)

    monkeypatch.setattr(memory.MemoryResponse, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(source)
    monkeypatch.setattr(memory.MemoryResponse, "read", original)
    assert prepare(source) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, len(BYTES) - 1]


@pytest.fixture
def spoiled(context, memory, quick):
    """Interrupt the preparation of a dataset, and change a byte of what is left of its transfer."""

    def spoil(definition):
        memory.CUT_AFTER[URL] = [100] * ATTEMPTS
        with pytest.raises(TransportError):
            context.prepare(definition)
        memory.CUT_AFTER.clear()
        memory.REQUESTS.clear()
        (partial,) = context.cachepath.glob("*.part")
        partial.write_bytes(b"!" + partial.read_bytes()[1:])

    return spoil


def test_bytes_that_changed_between_two_runs_are_fetched_again(context, memory, spoiled):
    memory.CONTENT[URL] = BYTES
    definition = fetched(Source((URL,), sha256=SHA256))
    spoiled(definition)
    assert context.prepare(definition).path.read_bytes() == BYTES
    assert [request.start for request in memory.REQUESTS] == [100, 0]
    assert list(context.cachepath.glob("*.rejected")) == []


def test_what_is_wrong_from_the_first_byte_on_is_asked_for_once_more_alone(
    context, memory, spoiled
):
    memory.CONTENT[URL] = b"!" + BYTES[1:]
    definition = fetched(Source((URL,), sha256=SHA256))
    spoiled(definition)
    with pytest.raises(VerificationError, match="set aside in"):
        context.prepare(definition)
    assert [request.start for request in memory.REQUESTS] == [100, 0]


def test_bytes_that_a_checker_finds_to_have_changed_are_fetched_again(context, memory, spoiled):
    memory.CONTENT[URL] = BYTES
    resource = Fetched("data.bin", URL, name="data", checker=RIGHT)
    definition = resource(dataset(File, id="org.example.checked")(lambda data: {"path": data}))
    spoiled(definition)
    assert context.prepare(definition).path.read_bytes() == BYTES
    assert [request.start for request in memory.REQUESTS] == [100, 0]


def test_a_transfer_starts_over_when_the_content_changed(prepare, memory):
    memory.CONTENT[URL] = b"x" * 5000
    memory.CUT_AFTER[URL] = [1000]
    original = memory.MemoryTransport.open

    def changing(self, request):
        response = original(self, request)
        memory.CONTENT[URL] = BYTES
        return response

    memory.MemoryTransport.open = changing
    assert prepare(Source((URL,))) == BYTES


def test_a_transfer_starts_over_when_only_the_size_tells_that_the_content_changed(
    prepare, memory, monkeypatch
):
    memory.CONTENT[URL] = b"x" * 3000
    memory.CUT_AFTER[URL] = [1000]
    original = memory.MemoryTransport.open

    def changing(self, request):
        response = original(self, request)
        response.start = response.position = request.start
        response.validator = "of both"
        memory.CONTENT[URL] = BYTES
        return response

    monkeypatch.setattr(memory.MemoryTransport, "open", changing)
    assert prepare(Source((URL,))) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 1000, 0]


def test_a_transfer_without_a_validator_starts_over(prepare, memory):
    memory.CONTENT[URL] = BYTES
    memory.NO_VALIDATOR.add(URL)
    memory.CUT_AFTER[URL] = [1000]
    assert prepare(Source((URL,))) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 0]


def test_a_transfer_that_makes_no_progress_is_given_up(prepare, memory):
    memory.REFUSED[URL] = TransportError("busy", where=URL, retry=True)
    with pytest.raises(TransportError, match="busy"):
        prepare(Source((URL,)))
    assert len(memory.REQUESTS) == 5


def test_a_refusal_is_not_asked_again(prepare, memory):
    memory.REFUSED[URL] = TransportError("forbidden", where=URL)
    with pytest.raises(TransportError, match="forbidden"):
        prepare(Source((URL,)))
    assert len(memory.REQUESTS) == 1


def test_a_partial_of_another_url_is_not_continued(prepare, memory):
    memory.CONTENT[URL] = b"y" * len(BYTES)
    memory.CUT_AFTER[URL] = [1000] * 9
    memory.CONTENT["memory://mirror/data.bin"] = BYTES
    memory.REFUSED.clear()
    original = memory.MemoryTransport.open

    def failing(self, request):
        if request.url == URL and request.start:
            raise TransportError("gone", where=URL)
        return original(self, request)

    memory.MemoryTransport.open = failing
    assert prepare(Source((URL, "memory://mirror/data.bin"))) == BYTES
    assert memory.REQUESTS[-1].start == 0


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.binary(min_size=0, max_size=6000),
    cuts=st.lists(st.integers(0, 6000), max_size=4),
    without_validator=st.booleans(),
)
def test_however_transfers_break_off_the_bytes_are_right(
    memory, quick, tmp_path_factory, content, cuts, without_validator
):
    memory.CONTENT[URL] = content
    memory.CUT_AFTER[URL] = list(cuts)
    memory.NO_VALIDATOR.clear()
    if without_validator:
        memory.NO_VALIDATOR.add(URL)
    context = Context(tmp_path_factory.mktemp("data"))
    # With a digest, whatever the bytes look like, they are no page in the place of data.
    source = Source((URL,), sha256=hashlib.sha256(content).hexdigest())
    assert CacheFetcher(context, context.path / "work").fetch(source).read_bytes() == content


def test_a_transfer_that_always_breaks_off_and_can_not_be_continued_is_given_up(prepare, memory):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [1000] * 99
    memory.NO_VALIDATOR.add(URL)
    with pytest.raises(TransportError, match="cut off"):
        prepare(Source((URL,)))


def test_a_transfer_of_what_keeps_changing_is_given_up(prepare, memory, monkeypatch):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [1000, None] * 99
    original = memory.MemoryTransport.open

    def changing(self, request):
        response = original(self, request)
        memory.CONTENT[URL] = BYTES + bytes([len(memory.REQUESTS)])
        return response

    monkeypatch.setattr(memory.MemoryTransport, "open", changing)
    with pytest.raises(TransportError, match="changed while it was read, 5 times"):
        prepare(Source((URL,)))


def test_what_can_not_be_had_is_left_for_another_source(prepare, memory):
    memory.CONTENT[URL] = memory.CONTENT["memory://mirror/data.bin"] = BYTES
    memory.CUT_AFTER[URL] = [1000] * 99
    memory.NO_VALIDATOR.add(URL)
    assert prepare(Source((URL, "memory://mirror/data.bin"))) == BYTES


def test_a_download_that_does_not_fit_is_not_begun(prepare, memory, monkeypatch):
    memory.CONTENT[URL] = BYTES
    usage = namedtuple("usage", "total used free")(10, 10, 100)
    # A disk that is as full as this one needs can't be had in a test.
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(DataDirectoryError, match=r"expected 5,120 bytes free, found 100"):
        prepare(Source((URL,)))


def test_a_download_that_goes_on_needs_room_for_the_rest_alone(prepare, memory, monkeypatch):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [5000]
    usage = namedtuple("usage", "total used free")
    free = iter([usage(10, 10, 5120), usage(10, 10, 120)])
    monkeypatch.setattr("shutil.disk_usage", lambda path: next(free))
    assert prepare(Source((URL,))) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 5000]


def test_files_of_one_download_are_not_one_file(context, memory):
    memory.CONTENT[URL] = BYTES
    files = [context.path / name for name in ("one", "two", "three")]
    for path in files:
        CacheFetcher(context, context.path / "work").fetch_to(Source((URL,)), path)
    files[0].write_bytes(b"mine")
    assert [path.read_bytes() for path in files[1:]] == [BYTES, BYTES]
    assert len(memory.REQUESTS) == 1


# --- pages in the place of data

PAGE = b"<!DOCTYPE html>\n<html><head><title>Quota &amp; limits</title></head></html>"


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        b"\xef\xbb\xbf \n<HTML lang='en'>",
        b"<!-- a comment -->\n<html>",
        b"<!-- a comment -->\n" * 100 + b"<html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
        b"<head><title>Sorry</title></head>",
        b'<meta http-equiv="refresh" content="0; url=/login">',
        b"<script>location = '/login'</script>",
        PAGE + bytes(5000),
        PAGE.decode().encode("utf-16"),
    ],
)
def test_a_page_in_the_place_of_data_is_refused(context, prepare, memory, page):
    memory.CONTENT[URL] = page
    with pytest.raises(VerificationError, match="a web page came in the place of data"):
        prepare(Source((URL,)))
    assert not list(context.cachepath.glob("*.part"))


@pytest.mark.parametrize("content", [PAGE, PAGE + bytes(3 << 20)])
def test_a_page_in_the_place_of_known_data_is_named(context, prepare, memory, content):
    memory.CONTENT[URL] = content
    with pytest.raises(VerificationError, match=r"a web page .*found 'Quota & limits'") as caught:
        prepare(Source((URL,), sha256=SHA256))
    assert "declared" not in caught.value.hint
    assert list(context.cachepath.glob("*.part")) == []
    memory.CONTENT[URL] = BYTES
    assert prepare(Source((URL,), sha256=SHA256)) == BYTES


def test_a_page_is_fetched_where_it_is_the_known_data(prepare, memory):
    memory.CONTENT[URL] = PAGE
    assert prepare(Source((URL,), sha256=hashlib.sha256(PAGE).hexdigest())) == PAGE


@pytest.mark.parametrize("comment", [b"<!-- a comment -->\n", b"<!--", b"<?xml ?>"])
def test_data_that_begin_with_any_number_of_comments_are_data(comment):
    refuse_page(Source((URL,)), URL, comment * 100_000 + b"data", None)


@pytest.mark.parametrize("title", [b"<title></title>", b"<title", b"<title>" * 1000])
def test_a_page_without_a_title_is_told_as_such(title):
    with pytest.raises(VerificationError, match="found a page without a title"):
        refuse_page(Source((URL,)), URL, b"<html>" + title, None)


def test_a_page_that_comes_in_drops_is_refused(prepare, memory, monkeypatch):
    memory.CONTENT[URL] = PAGE
    read = memory.MemoryResponse.read
    monkeypatch.setattr(memory.MemoryResponse, "read", lambda self, size: read(self, 3))
    with pytest.raises(VerificationError, match="found 'Quota & limits'"):
        prepare(Source((URL,)))


def test_the_title_of_a_page_is_quoted(prepare, memory):
    memory.CONTENT[URL] = PAGE
    with pytest.raises(VerificationError, match=r"expected data\.bin, found 'Quota & limits'"):
        prepare(Source((URL,)))


@pytest.mark.parametrize("facts", [{"size": 9000}, {"size": 9000, "sha256": SHA256}])
def test_a_page_of_another_size_than_declared_is_told_by_its_title(context, prepare, memory, facts):
    memory.CONTENT[URL] = PAGE
    with pytest.raises(VerificationError, match="found 'Quota & limits'"):
        prepare(Source((URL,), **facts))
    assert not list(context.cachepath.glob("*.part"))


@pytest.fixture
def without_length(memory, monkeypatch):
    """Let the server tell no size of anything."""
    monkeypatch.setattr(memory.MemoryResponse, "size", property(lambda *_: None, lambda *_: None))


def test_a_page_of_unknown_length_is_told_by_its_title(prepare, memory, without_length):
    memory.CONTENT[URL] = PAGE
    with pytest.raises(VerificationError, match="found 'Quota & limits'"):
        prepare(Source((URL,), size=9000))


@pytest.mark.parametrize("difference", [-1, 1])
def test_data_of_unknown_length_are_not_taken_for_the_declared_ones(
    prepare, memory, without_length, difference
):
    memory.CONTENT[URL] = BYTES
    with pytest.raises(VerificationError, match="wrong size"):
        prepare(Source((URL,), size=len(BYTES) + difference))


def test_data_of_another_size_than_declared_are_told_by_that(prepare, memory):
    memory.CONTENT[URL] = BYTES
    with pytest.raises(VerificationError, match="wrong size"):
        prepare(Source((URL,), size=9000))


@pytest.fixture
def called_page(memory, monkeypatch):
    """Let the server call everything a page."""
    monkeypatch.setattr(memory.MemoryResponse, "media_type", "text/html")


@pytest.mark.parametrize(
    "page",
    [
        b"<title>Login</title><p>please",
        b"\n<div>Quota exceeded</div>",
        b"<br />\n<b>Warning</b>: too many connections",
        b"<!-- " + b"x" * 5000 + b"--><html>",
        b"<?xml version='1.0'?>\n<html>",
    ],
)
def test_what_the_server_calls_a_page_and_looks_like_markup_is_refused(
    prepare, memory, called_page, page
):
    memory.CONTENT[URL] = page
    with pytest.raises(VerificationError, match="a web page came in the place of data"):
        prepare(Source((URL,)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.bin", b"x,y\n1,<2\n"),
        ("data.bin", b"< 3"),
        ("page.html", PAGE),
        ("data.xml", b"<records><record/></records>"),
        ("data.xml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>'),
        ("data.sgml", b"<DOC>"),
    ],
)
def test_what_the_server_wrongly_calls_a_page_is_data(prepare, memory, called_page, name, content):
    url = f"memory://host/{name}"
    memory.CONTENT[url] = content
    assert prepare(Source((url,))) == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.xml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>'),
        ("data.sgml", b"<HEAD>\n<DOCNO>1"),
        ("documents", b"<DOC>\n<DOCNO>1"),
    ],
)
def test_markup_that_looks_like_a_page_is_data(prepare, memory, name, content):
    url = f"memory://host/{name}"
    memory.CONTENT[url] = content
    assert prepare(Source((url,))) == content


def test_a_page_in_the_place_of_markup_is_refused(prepare, memory, called_page):
    memory.CONTENT["memory://host/data.xml"] = PAGE
    with pytest.raises(VerificationError, match="found 'Quota & limits'"):
        prepare(Source(("memory://host/data.xml",)))


def test_a_page_with_the_declared_digest_is_data(prepare, memory):
    memory.CONTENT[URL] = PAGE
    assert prepare(Source((URL,), sha256=hashlib.sha256(PAGE).hexdigest())) == PAGE


def test_a_page_that_is_called_one_is_data(prepare, memory):
    memory.CONTENT["memory://host/page.html"] = PAGE
    assert prepare(Source(("memory://host/page.html",))) == PAGE


def test_the_size_that_a_server_tells_is_shown(home, memory):
    memory.CONTENT[URL] = BYTES
    stream = io.StringIO()
    context = Context(home / "shown", progress=JSONLines(stream))
    context.prepare(fetched(Source((URL,))))
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    end = next(item for item in told if item["event"] == "end")
    assert "total" not in next(item for item in told if item.get("label") == "data.bin")
    assert end["total"] == end["done"] == len(BYTES)


def test_the_declared_size_is_shown_where_the_server_tells_none(home, memory, without_length):
    memory.CONTENT[URL] = BYTES
    stream = io.StringIO()
    context = Context(home / "shown", progress=JSONLines(stream))
    context.prepare(fetched(Source((URL,), size=len(BYTES))))
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    (end,) = [item for item in told if item["event"] == "end" and item.get("done")]
    assert end["total"] == end["done"] == len(BYTES)


def test_a_program_is_told_of_a_dataset_of_which_a_file_failed(home, shelf):
    del shelf.CONTENT["memory://host/b"]
    stream = io.StringIO()
    with pytest.raises(TransportError):
        Context(home / "shown", progress=JSONLines(stream)).prepare("org.example.both")
    *_, last = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (last["label"], last.get("failed")) == ("org.example.both", True)


# --- streams


def test_a_stream_gives_every_byte_however_few_are_read_at_once(context, memory):
    memory.CONTENT[URL] = BYTES
    with CacheFetcher(context, context.path / "work").open(Source((URL,))) as stream:
        assert b"".join(iter(lambda: stream.raw.read(7), b"")) == BYTES


class Streamed(Fetched):
    """Reads a stream as a handler does, and refuses what doesn't begin as it should."""

    def _download(self, destination):
        with self.open(self.source) as stream, destination.open("wb") as file:
            if not stream.peek(2).startswith(BYTES[:2]):
                raise DataFormatError("not the right kind", where=self.source.url)
            file.write(stream.read(3000))
            shutil.copyfileobj(stream, file)


class HalfRead(Fetched):
    def _download(self, destination):
        with self.open(self.source) as stream:
            destination.write_bytes(stream.read(100))


class Closed(Fetched):
    """Closes the stream, as a wrapper around it does."""

    def _download(self, destination):
        with self.open(self.source) as stream, stream:
            destination.write_bytes(stream.read(100))


def streamed(context, source, kind=Streamed):
    @kind("data.bin", source)
    @dataset(File, id="org.example.streamed")
    def definition(data):
        """Streamed"""
        return {"path": data}

    return context.prepare(definition).path.read_bytes()


def test_a_stream_gives_the_bytes_as_they_arrive(context, memory):
    memory.CONTENT[URL] = BYTES
    assert streamed(context, Source((URL,), sha256=SHA256)) == BYTES


def test_a_stream_that_breaks_off_goes_on(context, memory, quick):
    memory.CONTENT[URL] = BYTES
    memory.CUT_AFTER[URL] = [500, 4000]
    assert streamed(context, Source((URL,), sha256=SHA256)) == BYTES
    assert [request.start for request in memory.REQUESTS] == [0, 500, 4000]


def test_a_stream_is_read_from_its_beginning_when_the_content_changed(context, memory, quick):
    memory.CONTENT[URL] = BYTES[:2] + b"x" * 5000
    memory.CUT_AFTER[URL] = [3500]
    original = memory.MemoryTransport.open

    def changing(self, request):
        response = original(self, request)
        memory.CONTENT[URL] = BYTES
        return response

    memory.MemoryTransport.open = changing
    assert streamed(context, Source((URL,))) == BYTES


class Unpacked(Fetched):
    """Reads a stream with a library whose errors aren't the kernel's."""

    reader = staticmethod(gzip.decompress)

    def _download(self, destination):
        with self.open(self.source) as stream:
            destination.write_bytes(self.reader(stream.read()))


class Decoded(Unpacked):
    reader = staticmethod(functools.partial(base64.b64decode, validate=True))


@pytest.mark.parametrize(
    ("kind", "right"), [(Unpacked, gzip.compress(BYTES)), (Decoded, base64.b64encode(BYTES))]
)
def test_any_error_about_wrong_bytes_makes_the_next_source_be_asked(context, memory, kind, right):
    memory.CONTENT[URL] = b"?" + right[1:]
    memory.CONTENT["memory://host/mirror"] = right
    source = Source((URL, "memory://host/mirror"), sha256=hashlib.sha256(right).hexdigest())
    assert streamed(context, source, kind) == BYTES


@pytest.mark.parametrize(
    ("kind", "right"), [(Unpacked, gzip.compress(BYTES)), (Decoded, base64.b64encode(BYTES))]
)
def test_bytes_that_their_reader_finds_to_have_changed_are_fetched_again(
    context, memory, spoiled, kind, right
):
    memory.CONTENT[URL] = right
    resource = kind("data.bin", URL, name="data")
    definition = resource(dataset(File, id="org.example.read")(lambda data: {"path": data}))
    spoiled(definition)
    assert context.prepare(definition).path.read_bytes() == BYTES


def test_an_error_about_right_bytes_is_the_readers(context, memory):
    memory.CONTENT[URL] = BYTES
    source = Source((URL, "memory://host/mirror"), sha256=SHA256)
    with pytest.raises(binascii.Error):
        streamed(context, source, Decoded)
    assert len(memory.REQUESTS) == 1


@pytest.mark.parametrize("wrong", [b"wrong from the first byte", BYTES[:-1] + b"!"])
def test_what_was_made_from_wrong_bytes_is_made_again_from_the_next_source(context, memory, wrong):
    memory.CONTENT[URL] = wrong
    memory.CONTENT["memory://mirror/x"] = BYTES
    assert streamed(context, Source((URL, "memory://mirror/x"), sha256=SHA256)) == BYTES


def test_wrong_bytes_of_the_only_source_are_an_error_and_leave_nothing(context, memory, caplog):
    memory.CONTENT[URL] = BYTES[:-1] + b"!"
    with pytest.raises(VerificationError, match="wrong sha256"):
        streamed(context, Source((URL,), sha256=SHA256))
    assert not list(context.datapath.rglob("data.bin"))
    assert "wrong sha256" not in caplog.text


def test_a_stream_of_another_size_than_declared_comes_from_the_next_url(context, memory):
    memory.CONTENT[URL] = BYTES[:100]
    memory.CONTENT["memory://mirror/x"] = BYTES
    source = Source((URL, "memory://mirror/x"), size=len(BYTES), sha256=SHA256)
    assert streamed(context, source) == BYTES


def test_a_stream_of_another_size_than_declared_is_refused(context, memory):
    memory.CONTENT[URL] = BYTES[:100]
    with pytest.raises(VerificationError, match="wrong size"):
        streamed(context, Source((URL,), size=len(BYTES), sha256=SHA256))


def test_the_reader_of_a_stream_may_refuse_it(context, memory):
    memory.CONTENT[URL] = b"something else"
    with pytest.raises(DataFormatError, match="not the right kind"):
        streamed(context, Source((URL,)))


def test_a_refused_stream_of_the_declared_bytes_is_not_asked_of_others(context, memory):
    declared = hashlib.sha256(b"something else").hexdigest()
    memory.CONTENT[URL] = memory.CONTENT["memory://mirror/x"] = b"something else"
    with pytest.raises(DataFormatError, match="not the right kind"):
        streamed(context, Source((URL, "memory://mirror/x"), sha256=declared))
    assert [request.url for request in memory.REQUESTS] == [URL]


def test_a_refused_stream_of_other_bytes_than_declared_is_a_verification_error(context, memory):
    memory.CONTENT[URL] = b"something else"
    with pytest.raises(VerificationError, match="wrong sha256"):
        streamed(context, Source((URL,), sha256=SHA256))


def test_a_stream_of_another_size_than_declared_is_a_verification_error(context, memory):
    memory.CONTENT[URL] = BYTES
    with pytest.raises(VerificationError, match="wrong size: expected 7 bytes, found 5120 bytes"):
        streamed(context, Source((URL,), size=7, sha256=SHA256))


@pytest.mark.parametrize("kind", [HalfRead, Closed])
def test_a_stream_that_is_not_read_to_its_end_is_verified_all_the_same(context, memory, kind):
    memory.CONTENT[URL] = BYTES[:-1] + b"!"
    with pytest.raises(VerificationError, match="wrong sha256"):
        streamed(context, Source((URL,), sha256=SHA256), kind)
    memory.CONTENT[URL] = BYTES
    assert streamed(context, Source((URL,), sha256=SHA256), kind) == BYTES[:100]


# --- being offline


def test_offline_nothing_is_asked(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    with pytest.raises(OfflineError, match="needed, and not fetched while offline"):
        prepare(Source((URL,)), Context(home / "offline", offline=True))
    assert memory.REQUESTS == []


def test_the_environment_can_say_offline(prepare, memory, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_OFFLINE", "1")
    with pytest.raises(OfflineError):
        prepare(Source((URL,)))


def test_offline_what_is_complete_is_used(prepare, context, memory, monkeypatch):
    memory.CONTENT[URL] = BYTES
    prepare(Source((URL,)))
    monkeypatch.setenv("DATAMAESTRO_OFFLINE", "1")
    assert prepare(Source((URL,))) == BYTES


def test_offline_what_needs_no_network_is_used(home, prepare, memory):
    memory.CONTENT[URL] = BYTES
    memory.MemoryTransport.network = False
    assert prepare(Source((URL,)), Context(home / "offline", offline=True)) == BYTES


# --- the end of a source


def test_the_tail_of_a_source_is_fetched_alone(context, memory):
    memory.CONTENT[URL] = BYTES
    fetcher = CacheFetcher(context, context.path / "work")
    assert fetcher.fetch_tail(Source((URL,), size=len(BYTES)), 8) == BYTES[-8:]
    assert [request.start for request in memory.REQUESTS] == [len(BYTES) - 8]


@pytest.mark.parametrize("size", [None, 4, len(BYTES) + 1])
def test_there_is_no_tail_where_the_size_is_unknown_or_wrong(context, memory, size):
    memory.CONTENT[URL] = BYTES
    fetcher = CacheFetcher(context, context.path / "work")
    assert fetcher.fetch_tail(Source((URL,), size=size), 8) is None


class Dripping(Transport):
    """Gives one byte after the other, more slowly than any transfer is waited for."""

    def open(self, request):
        response = Drops()
        response.start, response.size = request.start, len(BYTES)
        return response


class Drops(Response):
    def read(self, size):
        return b"!"

    def close(self):
        pass


def test_a_tail_that_comes_too_slowly_is_given_up(context, monkeypatch):
    monkeypatch.setattr(rate_monitor, "STALLED_AFTER", 0.0)
    monkeypatch.setattr(rate_monitor, "MINIMAL_RATE", 1e12)
    monkeypatch.setattr(context, "transport", Dripping)
    fetcher = CacheFetcher(context, context.path / "work")
    assert fetcher.fetch_tail(Source((URL,), size=len(BYTES)), 8) is None
