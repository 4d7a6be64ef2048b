"""What servers do to contents on their way, and files that are called encoded and aren't."""

import gzip
import io
import zlib
from dataclasses import dataclass

import pytest

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro.testing.faults import Chunked, Encoded, Fault, Redirect, ShortBody, Together
from datamaestro_transport_http.codings import body_of

TEXT = b"text " * 50_000
ZIPPED = gzip.compress(TEXT, mtime=0)
TWICE = gzip.compress(ZIPPED, mtime=0)


@dataclass(frozen=True)
class Called(Fault):
    """The content is called encoded, and comes as it is."""

    coding: str

    def change(self, answer):
        answer.headers["Content-Encoding"] = self.coding


@pytest.fixture
def get(file_server, fetch):
    """Give a function that fetches a content from a server that says how it is encoded."""

    def get(path, content, fault):
        file_server.files[path] = content
        file_server.faults[path] = [fault]
        return fetch(file_server.url(path))

    return get


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "X-GZip"])
@pytest.mark.parametrize("path", ["/a.gz", "/a.tgz", "/A.GZ"])
def test_a_file_that_is_stored_compressed_is_left_as_it_is(get, path, coding):
    assert get(path, ZIPPED, Called(coding)) == ZIPPED


def test_the_name_that_was_asked_for_counts_where_it_leads_to_another(get, file_server):
    file_server.files["/4711"] = ZIPPED
    file_server.faults["/4711"] = [Called("gzip")]
    assert get("/a.gz", b"", Redirect(file_server.url("/4711"))) == ZIPPED


@dataclass(frozen=True)
class Attached(Called):
    """The content has a name of its own, too."""

    disposition: str

    def change(self, answer):
        super().change(answer)
        answer.headers["Content-Disposition"] = self.disposition


@pytest.mark.parametrize(
    "disposition",
    [
        'attachment; filename="a.csv.gz"',
        "inline; filename=a.csv.GZ",
        "attachment; filename*=UTF-8''%C3%A9.csv.gz",
    ],
)
def test_the_name_that_the_server_tells_counts(get, disposition):
    assert get("/download", ZIPPED, Attached("gzip", disposition)) == ZIPPED


@pytest.mark.parametrize("query", ["file=a.csv.gz", "id=1&file=data%2Fa.csv.gz&x", "a.csv.gz"])
def test_a_name_in_a_query_counts(file_server, fetch, query):
    file_server.files["/download"] = ZIPPED
    file_server.faults["/download"] = [Called("gzip")]
    assert fetch(file_server.url(f"/download?{query}")) == ZIPPED


@pytest.mark.parametrize(
    "disposition", ["", "attachment", 'attachment; filename="', "attachment; filename*=x''%"]
)
def test_what_names_nothing_does_not_count(get, disposition):
    assert get("/download", ZIPPED, Attached("gzip", disposition)) == TEXT


@pytest.mark.parametrize(("path", "coding"), [("/a.bz2", "x-bzip2"), ("/a.Z", "compress")])
def test_so_is_one_in_another_compression(get, path, coding):
    assert get(path, b"BZh9 and more", Called(coding)) == b"BZh9 and more"


def test_what_is_called_gzip_by_mistake_is_left_as_it_is(get):
    assert get("/a.gz", TEXT, Called("gzip")) == TEXT


@pytest.mark.parametrize(("path", "content"), [("/a.csv", TEXT), ("/a.gz", ZIPPED), ("/x", b"")])
def test_what_was_compressed_on_its_way_is_restored(get, path, content):
    assert get(path, content, Encoded()) == content


@pytest.mark.parametrize(
    "sent",
    [ZIPPED, TWICE, gzip.compress(b"", mtime=0), b""],
    ids=["once", "twice", "of nothing", "nothing"],
)
def test_what_comes_byte_by_byte_is_understood_as_what_comes_at_once(sent):
    def content(read):
        body = body_of(read, "gzip", "http://host/a.gz", stored_compressed=True)
        return b"".join(iter(lambda: body.read(1000), b""))

    slow, quick = io.BytesIO(sent), io.BytesIO(sent)
    assert content(lambda size: slow.read(1)) == content(quick.read)


@pytest.mark.parametrize("sent", [ZIPPED, TWICE, TEXT], ids=["once", "twice", "never"])
def test_no_more_is_waited_for_than_tells_what_it_is(sent):
    pieces = [sent[:100], sent[100:]]
    body_of(lambda size: pieces.pop(0), "gzip", "http://host/a.gz", stored_compressed=True)
    assert pieces == [sent[100:]]


def test_a_header_of_gzip_that_never_ends_is_not_read_for_ever():
    pieces = iter([b"\x1f\x8b\x08\x08" + bytes(6), *[b"name" * 25_000] * 3])
    body = body_of(lambda size: next(pieces), "gzip", "http://host/a.gz", stored_compressed=True)
    assert body.read(2) == b"\x1f\x8b"


def test_what_was_compressed_in_two_parts_is_restored(get):
    assert get("/a", ZIPPED + ZIPPED, Called("gzip")) == TEXT + TEXT


def test_an_empty_body_is_nothing_in_any_encoding(get):
    assert get("/a", b"", Called("gzip")) == b""


def test_what_was_compressed_and_ends_early_broke_off(get):
    with pytest.raises(TransportError, match="broke off") as caught:
        get("/a", ZIPPED[:-20], Called("gzip"))
    assert caught.value.retry


def test_what_is_called_gzip_and_is_none_broke_off(get):
    with pytest.raises(TransportError, match="broke off"):
        get("/a", TEXT, Called("gzip"))


@pytest.mark.parametrize(
    "coding",
    ["utf-8", "UTF8", "none", "binary", "aws-chunked", "identity, identity", "aws-chunked,", ""],
)
def test_what_is_no_coding_changes_nothing(get, coding):
    assert get("/a.csv", TEXT, Called(coding)) == TEXT


@pytest.mark.parametrize("coding", ["aws-chunked, gzip", "gzip,identity"])
def test_a_coding_beside_what_is_none_is_undone(get, coding):
    assert get("/a.csv", ZIPPED, Called(coding)) == TEXT


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "x-own"])
def test_an_encoding_that_can_not_be_undone_is_refused(get, coding):
    with pytest.raises(TransportError, match=f"found Content-Encoding: {coding}") as caught:
        get("/a", b"anything", Called(coding))
    assert not caught.value.retry


def test_a_file_that_is_stored_compressed_has_a_size_and_goes_on(file_server, transport):
    file_server.files["/a.gz"] = ZIPPED
    file_server.faults["/a.gz"] = [Called("x-gzip"), Called("x-gzip")]
    url = file_server.url("/a.gz")
    with transport.open(TransportRequest(url)) as first:
        assert first.size == len(ZIPPED)
    with transport.open(TransportRequest(url, 10, first.validator)) as rest:
        assert (rest.start, rest.size) == (10, len(ZIPPED))
        assert b"".join(iter(lambda: rest.read(1000), b"")) == ZIPPED[10:]


def test_a_compressed_body_that_is_cut_off_is_no_whole_one(get):
    with pytest.raises(TransportError, match="broke off"):
        get("/a.gz", ZIPPED, Together(Encoded(), ShortBody(1)))


def test_no_more_is_given_than_asked_for(file_server, transport):
    bomb = gzip.compress(bytes(10_000_000))
    file_server.files["/a"] = bomb
    file_server.faults["/a"] = [Called("gzip")]
    with transport.open(TransportRequest(file_server.url("/a"))) as response:
        pieces = list(iter(lambda: response.read(1000), b""))
    assert max(map(len, pieces)) == 1000
    assert zlib.crc32(b"".join(pieces)) == zlib.crc32(bytes(10_000_000))


@dataclass(frozen=True)
class Transferred(Chunked):
    """The content comes in chunks, and fields say how.

    :param fields: names and values of fields; several may have one name
    """

    fields: tuple[tuple[str, str], ...]

    def change(self, answer):
        super().change(answer)
        answer.headers = Several({**answer.headers, "Connection": "close"}, self.fields)
        answer.close()


class Several(dict):
    """Fields, of which some have the same name."""

    def __init__(self, fields, further):
        super().__init__(fields)
        del self["Transfer-Encoding"]
        self.further = further

    def items(self):
        return [*super().items(), *self.further]


def coded(*codings):
    return Transferred(tuple(("Transfer-Encoding", coding) for coding in codings))


@pytest.mark.parametrize("codings", [["chunked"], ["Chunked"], ["chunked", "chunked"]])
def test_chunks_are_put_together(get, codings):
    assert get("/a", TEXT, coded(*codings)) == TEXT


@pytest.mark.parametrize(
    "codings",
    [
        ["gzip, chunked"],
        ["gzip", "chunked"],
        ["chunked", "gzip"],
        ["chunked, chunked"],
        ["identity", "chunked"],
        ["chunked "],
        ["chunked;q=1"],
    ],
)
def test_what_is_transferred_in_an_unknown_way_is_refused(get, codings):
    with pytest.raises(TransportError, match=r"expected .*chunked, .*found .*coding: ") as caught:
        get("/a", TEXT, coded(*codings))
    assert not caught.value.retry


@pytest.mark.parametrize("length", [17, len(TEXT) * 3])
def test_a_length_beside_chunks_does_not_count(file_server, transport, length):
    file_server.files["/a"] = TEXT
    fields = (("Content-Length", str(length)), ("Transfer-Encoding", "chunked"))
    file_server.faults["/a"] = [Transferred(fields)]
    with transport.open(TransportRequest(file_server.url("/a"))) as response:
        assert response.size is None
        assert b"".join(iter(lambda: response.read(100_000), b"")) == TEXT


@pytest.mark.parametrize("length", ["²", "9" * 5000, "five"])
def test_a_length_that_is_no_number_is_unknown(file_server, transport, length):
    class Length(Fault):
        def change(self, answer):
            answer.headers["Content-Length"] = length
            answer.headers["Connection"] = "close"

        def send(self, answer):
            answer.write(answer.body)
            answer.close()

    file_server.files["/a"] = TEXT
    file_server.faults["/a"] = [Length()]
    with transport.open(TransportRequest(file_server.url("/a"))) as response:
        assert response.size is None
        assert b"".join(iter(lambda: response.read(100_000), b"")) == TEXT
