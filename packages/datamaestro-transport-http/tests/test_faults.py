"""Every fault of a server ends in the right bytes or in a named error, and so does the next run."""

import hashlib
import zlib
from itertools import count

import pytest

from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource, Source
from datamaestro.errors import DownloadError, TransportError, VerificationError
from datamaestro.testing.faults import (
    Chunked,
    Corrupt,
    Drip,
    DropAfter,
    Encoded,
    Fault,
    IgnoreRange,
    Informational,
    Page,
    Redirect,
    ShortBody,
    Status,
    Together,
    WithoutLength,
    WithoutValidator,
    WrongRange,
)
from datamaestro.utils import CHUNK_SIZE

BYTES = zlib.compress(bytes(range(256)) * 2000, 0)  # more than a chunk or two of a socket
SHA256 = hashlib.sha256(BYTES).hexdigest()


class Whole(FileResource):
    """Fetches a file, and uses it once it is whole."""

    def __init__(self, source):
        super().__init__("data.bin", name="data")
        self.source = source

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        self.fetch_to(self.source, destination)


class Streamed(Whole):
    """Inflates a file while it arrives."""

    def _download(self, destination):
        inflate = zlib.decompressobj()
        with self.open(self.source) as stream, destination.open("wb") as file:
            while chunk := stream.read(CHUNK_SIZE):
                try:
                    file.write(inflate.decompress(chunk))
                except zlib.error as error:
                    raise VerificationError("not zlib", found=error) from error


KINDS = pytest.mark.parametrize(
    ("kind", "result"),
    [(Whole, BYTES), (Streamed, zlib.decompress(BYTES))],
    ids=["whole", "stream"],
)


def of(kind, source):
    @kind(source)
    @dataset(File, id="org.example.faulty")
    def faulty(data):
        """Faulty"""
        return {"path": data}

    return faulty


@pytest.fixture
def served(file_server, monkeypatch):
    """Serve the bytes, and give the server and a URL; transfers wait no time."""
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    monkeypatch.setattr("datamaestro.transfer.transfer.LONGEST_WAIT", 0.0)
    file_server.files["/x"] = BYTES
    return file_server, file_server.url("/x")


HARMLESS = {
    "drops at once": [DropAfter(0)],
    "drops in the middle": [DropAfter(200_000)],
    "drops again and again": [DropAfter(100_000), DropAfter(1), DropAfter(50_000)],
    "a short body": [ShortBody(1000)],
    "a drop, and the range is ignored": [DropAfter(200_000), IgnoreRange()],
    "a drop, and another range": [DropAfter(200_000), WrongRange()],
    "a drop without a validator": [WithoutValidator(), DropAfter(10)],
    "busy": [Status(503, "0"), Status(429), Status(500)],
    "too early and timed out": [Status(425), Status(408)],
    "slow": [Drip(100_000, 0.01)],
    "encoded against our wish": [Encoded()],
    "other answers before its own": [Informational((100, 102, 103, 103)), Informational()],
    "no length": [WithoutLength()],
    "chunked": [Chunked()],
}


@KINDS
@pytest.mark.parametrize(
    "declared", [{}, {"sha256": SHA256, "size": len(BYTES)}], ids=["", "known"]
)
@pytest.mark.parametrize("faults", HARMLESS.values(), ids=HARMLESS)
def test_what_passes_ends_in_the_right_bytes(context, served, kind, result, declared, faults):
    server, url = served
    server.faults["/x"] = list(faults)
    value = context.prepare(of(kind, Source.of(url, **declared)))
    assert value.path.read_bytes() == result


class AnotherNode(Fault):
    """Each answer comes from another machine, which has its own name for the content."""

    def identify(self, answer):
        answer.etag = f'"{next(NODES)}"'


NODES = count()


@KINDS
def test_what_each_connection_gives_another_name_comes_through_one(
    context, served, kind, result, monkeypatch
):
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_LOOK", 0.01)
    monkeypatch.setattr("datamaestro.transfer.transfer.WORTH_SPLITTING", 0.0)
    server, url = served
    server.faults["/x"] = [Together(AnotherNode(), Drip(50_000, 0.005)) for _ in range(99)]
    value = context.prepare(of(kind, Source.of(url)))
    assert value.path.read_bytes() == result
    assert "range" not in server.requests[-1].headers


HARMFUL = {
    "forbidden": ([Status(403)], TransportError, "found status 403"),
    "gone": ([Status(410)], TransportError, "found status 410"),
    "busy for ever": ([Status(503)] * 9, TransportError, "found status 503"),
    "drops for ever": ([DropAfter(0)] * 9, TransportError, r"broke off|reached|ended early"),
    "no end of other answers": (
        [Informational((102,) * 200)] * 9,
        TransportError,
        "more than 100 informational answers",
    ),
    "a page": ([Page("Quota exceeded")], VerificationError, "found 'Quota exceeded'"),
    "a corrupt byte": ([Corrupt(300_000)], VerificationError, r"wrong sha256|not zlib"),
}


@KINDS
@pytest.mark.parametrize(("faults", "error", "message"), HARMFUL.values(), ids=HARMFUL)
def test_what_does_not_pass_is_a_named_error_and_the_next_run_is_right(
    context, served, kind, result, faults, error, message
):
    server, url = served
    server.faults["/x"] = list(faults)
    definition = of(kind, Source.of(url, sha256=SHA256))
    with pytest.raises(error, match=message):
        context.prepare(definition)
    assert not (context.folder(definition) / "data.bin").exists()
    server.faults.clear()
    assert context.prepare(definition).path.read_bytes() == result


@KINDS
def test_a_page_in_the_place_of_data_is_refused_by_its_title(context, served, kind, result):
    server, url = served
    server.faults["/x"] = [Page("Quota exceeded")]
    definition = of(kind, Source.of(url))
    with pytest.raises(VerificationError, match="found 'Quota exceeded'"):
        context.prepare(definition)
    assert context.prepare(definition).path.read_bytes() == result


def test_a_redirect_loop_is_an_error(context, served):
    server, url = served
    server.faults["/x"] = [Redirect(url)] * 99
    with pytest.raises(DownloadError, match="redirects go round in a circle"):
        context.prepare(of(Whole, Source.of(url)))


def test_a_redirect_is_followed(context, served):
    server, url = served
    server.files["/elsewhere"] = BYTES
    server.faults["/x"] = [Redirect(server.url("/elsewhere"))]
    assert context.prepare(of(Whole, Source.of(url))).path.read_bytes() == BYTES


def test_a_server_that_asks_to_wait_is_asked_again(context, served):
    server, url = served
    server.faults["/x"] = [Status(429, "Wed, 21 Oct 2015 07:28:00 GMT")]
    context.prepare(of(Whole, Source.of(url)))
    assert len(server.requests) == 2


def test_content_that_changes_in_the_middle_is_never_joined(context, served):
    server, url = served
    other = bytes(len(BYTES))
    server.faults["/x"] = [DropAfter(200_000)]
    original = server.content

    def changing(path):
        content = original(path)
        server.files["/x"] = other
        return content

    server.content = changing
    assert context.prepare(of(Whole, Source.of(url))).path.read_bytes() == other
