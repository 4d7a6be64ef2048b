"""Single files: fetched, decompressed, joined, adopted."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import sys

import pytest

from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import Source
from datamaestro.errors import (
    DataFormatError,
    DefinitionError,
    DownloadError,
    VerificationError,
)
from datamaestro.utils import HashCheck
from datamaestro_download_single import (
    ConcatDownloader,
    FileDownloader,
    concatdownload,
    filedownloader,
)
from datamaestro_download_single.compression import COMPRESSIONS, compression_of
from datamaestro_download_single.limits import Limit

TEXT = b"".join(b"%d,%d\n" % (number, number**2) for number in range(5000))


zstandard = COMPRESSIONS[".zst"].compress  # of several modules, the one that there is
COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard}


@pytest.fixture
def serve(tmp_path):
    """Give a function that puts bytes where a URL reaches them without a network."""

    def serve(name, data):
        (tmp_path / name).write_bytes(data)
        return (tmp_path / name).as_uri()

    return serve


def one(resource, dataset_id="org.example.single"):
    @resource
    @dataset(File, id=dataset_id)
    def single(data):
        """Single"""
        return {"path": data}

    return single


def prepared(context, resource):
    return context.prepare(one(resource)).path


def test_a_plain_file_is_kept_as_it_is(context, serve):
    path = prepared(context, filedownloader("data.csv", serve("data.csv", TEXT)))
    assert path.name == "data.csv"
    assert path.read_bytes() == TEXT


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_compressed_file_is_decompressed(context, serve, extension):
    url = serve(f"data.csv{extension}", COMPRESS[extension](TEXT))
    assert prepared(context, filedownloader("data.csv", url)).read_bytes() == TEXT


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_compressed_file_stays_one_when_its_name_says_so(context, serve, extension):
    data = COMPRESS[extension](TEXT)
    url = serve(f"x{extension}", data)
    assert prepared(context, filedownloader(f"data{extension}", url)).read_bytes() == data


@pytest.mark.parametrize("extension", COMPRESS)
def test_two_compressed_streams_in_a_row_are_one_file(context, serve, extension):
    compress = COMPRESS[extension]
    url = serve(f"data{extension}", compress(TEXT) + compress(b"more"))
    assert prepared(context, filedownloader("data.csv", url)).read_bytes() == TEXT + b"more"


@pytest.mark.parametrize("extension", COMPRESS)
@pytest.mark.parametrize("zeros", [4, 3_000_000])
def test_zeros_after_a_compressed_stream_are_padding(context, serve, extension, zeros):
    url = serve(f"data{extension}", COMPRESS[extension](TEXT) + bytes(zeros))
    assert prepared(context, filedownloader("data.csv", url)).read_bytes() == TEXT


@pytest.mark.parametrize("extension", COMPRESS)
def test_many_small_streams_are_one_file(context, serve, extension):
    data = b"".join(COMPRESS[extension](TEXT[at : at + 50]) for at in range(0, len(TEXT), 50))
    url = serve(f"data.txt{extension}", data)
    assert prepared(context, filedownloader("data.txt", url)).read_bytes() == TEXT


def test_an_old_lzma_stream_after_one_of_xz_is_damage(context, serve):
    data = lzma.compress(TEXT) + lzma.compress(TEXT, lzma.FORMAT_ALONE)
    with pytest.raises(VerificationError, match="the xz stream is damaged"):
        prepared(context, filedownloader("data.txt", serve("data.txt.xz", data)))


@pytest.mark.parametrize("extension", COMPRESS)
def test_max_size_is_a_limit(context, serve, extension):
    url = serve(f"data.txt{extension}", COMPRESS[extension](TEXT))
    short = filedownloader("data.txt", url, max_size=len(TEXT) - 1)
    with pytest.raises(DataFormatError, match=r"unpacks to too much.*raise max_size="):
        prepared(context, short)
    assert [path.name for path in context.datapath.rglob("data*")] == []
    enough = filedownloader("data.txt", url, max_size=len(TEXT))
    assert prepared(context, enough).read_bytes() == TEXT


def test_max_size_is_of_all_that_is_joined(context, serve):
    url = serve("data.txt.gz", gzip.compress(TEXT))
    short = concatdownload("data.txt", url, url, max_size=2 * len(TEXT) - 1)
    with pytest.raises(DataFormatError, match="unpacks to too much"):
        prepared(context, short)
    enough = concatdownload("data.txt", url, url, max_size=2 * len(TEXT))
    assert prepared(context, enough).read_bytes() == 2 * TEXT


@pytest.mark.parametrize("size", [-1, 1.5, "1 GB", True])
@pytest.mark.parametrize("handler", [FileDownloader, ConcatDownloader])
def test_a_max_size_that_is_no_number_of_bytes_is_an_error(handler, size):
    with pytest.raises(DefinitionError, match="max_size isn't a size") as caught:
        handler("data.txt", "https://example.org/data.txt.gz", max_size=size)
    assert caught.value.where.startswith(f"{__file__}:")


class Counting(io.RawIOBase):
    """Takes gigabytes without keeping them."""

    size = 0

    def writable(self):
        return True

    def write(self, data, /):
        self.size += len(data)
        return len(data)


def unpacked_size(packed, limit):
    """Decompress, and give the bytes that come out."""
    file = Counting()
    COMPRESSIONS[".zst"].decompress(io.BufferedReader(io.BytesIO(packed)), file, "here", limit)
    return file.size


def test_a_few_bytes_do_not_become_gigabytes_unless_the_definition_says_so():
    packed = zstandard(bytes(1 << 26)) * 40
    with pytest.raises(DataFormatError, match="far more than its own size") as caught:
        unpacked_size(packed, Limit())
    assert caught.value.expected == "at most 200 bytes for each, beyond 1073741824"
    assert unpacked_size(packed, Limit(40 << 26)) == 40 << 26


def test_the_first_gigabyte_may_have_any_ratio():
    packed = zstandard(bytes(1 << 26)) * 16
    assert unpacked_size(packed, Limit()) == 1 << 30


def test_what_is_to_be_skipped_may_come_first_in_zstandard(context, serve):
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    url = serve("data.zst", skipped + zstandard(TEXT))
    assert prepared(context, filedownloader("data.csv", url)).read_bytes() == TEXT


@pytest.mark.parametrize("extension", COMPRESS)
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data + b"more than that", id="followed by something else"),
        pytest.param(lambda data: data + b"x" + data[1:], id="damaged where the next begins"),
        pytest.param(lambda data: data + data[:-3], id="cut off in the second stream"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: data[:-3], id="without its end"),
        pytest.param(lambda data: b"<html>" + data, id="something else"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(
            lambda data: data[: len(data) // 2] + b"\x00" * 40 + data[len(data) // 2 + 40 :],
            id="damaged",
        ),
    ],
)
def test_a_damaged_stream_is_an_error_and_leaves_nothing(context, serve, extension, damage):
    url = serve(f"data{extension}", damage(COMPRESS[extension](TEXT)))
    definition = one(filedownloader("data.csv", url))
    with pytest.raises(VerificationError) as caught:
        context.prepare(definition)
    assert caught.value.where == url
    assert not list(context.folder(definition).glob("data*"))


def test_gzip_is_decompressed_where_there_is_no_isal_too(context, serve, monkeypatch):
    monkeypatch.setitem(sys.modules, "isal", None)
    data = gzip.compress(TEXT)
    url = serve("data.gz", data + data + bytes(9))
    assert prepared(context, filedownloader("data.csv", url)).read_bytes() == TEXT + TEXT
    for number, damaged in enumerate((data[:-3], data + b"x", data[:99] + bytes(40) + data[139:])):
        url = serve(f"{number}.gz", damaged)
        with pytest.raises(VerificationError, match="the gzip stream is damaged"):
            prepared(context, filedownloader(f"{number}.csv", url, name="data"))


def test_size_and_digest_are_of_the_bytes_as_downloaded(context, serve):
    data = gzip.compress(TEXT)
    digest = hashlib.sha256(data).hexdigest()
    resource = filedownloader("data.csv", serve("x.gz", data), size=len(data), sha256=digest)
    assert prepared(context, resource).read_bytes() == TEXT


def test_the_checker_is_of_the_finished_file(context, serve):
    checker = HashCheck(hashlib.md5(TEXT).hexdigest())
    resource = filedownloader("data.csv", serve("x.gz", gzip.compress(TEXT)), checker=checker)
    assert prepared(context, resource).read_bytes() == TEXT


def test_a_wrong_finished_file_is_refused(context, serve):
    url = serve("x.gz", gzip.compress(TEXT))
    resource = filedownloader("data.csv", url, checker=HashCheck("0" * 32))
    with pytest.raises(VerificationError, match="wrong md5"):
        prepared(context, resource)


def test_a_mirror_is_asked_when_the_first_url_fails(context, serve, tmp_path):
    gone = (tmp_path / "gone").as_uri()
    resource = filedownloader("data.csv", gone, mirrors=[serve("x", TEXT)])
    assert prepared(context, resource).read_bytes() == TEXT


def test_an_error_of_a_source_that_is_gone_names_it(context, tmp_path):
    gone = (tmp_path / "gone").as_uri()
    with pytest.raises(DownloadError, match="can't be read") as caught:
        prepared(context, filedownloader("data.csv", gone))
    assert caught.value.where == gone


def test_files_are_joined_in_order(context, serve):
    sources = [
        serve("a.txt", b"plain\n"),
        Source.of(serve("b.gz", gzip.compress(b"zipped\n")), size=len(gzip.compress(b"zipped\n"))),
        serve("c.xz", lzma.compress(b"squeezed\n")),
    ]
    path = prepared(context, concatdownload("data.txt", sources))
    assert path.read_bytes() == b"plain\nzipped\nsqueezed\n"


def test_files_to_join_are_given_one_by_one_or_in_lists(serve):
    urls = [serve("a.txt", b"a"), serve("b.txt", b"b"), serve("c.txt", b"c")]
    whole = ConcatDownloader("whole.txt", urls)
    assert ConcatDownloader("whole.txt", *urls).sources == whole.sources
    assert ConcatDownloader("whole.txt", urls[0], Source.of(urls[1]), urls[2:]).sources == (
        whole.sources
    )


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar", "a.tgz", "a.ZIP", "a.tar.zst"])
def test_archives_are_not_joined(name):
    with pytest.raises(DefinitionError, match="is an archive") as caught:
        ConcatDownloader("whole.txt", f"https://example.org/{name}")
    assert caught.value.where.startswith(f"{__file__}:")


def test_a_file_is_not_joined_from_nothing():
    with pytest.raises(DefinitionError, match="joined from nothing"):
        ConcatDownloader("whole.txt", [])


def test_the_parts_of_a_joined_file_are_recorded(context, serve):
    definition = one(ConcatDownloader("data.txt", [serve("a", b"1"), serve("b", b"2")]))
    context.prepare(definition)
    state = json.loads((context.folder(definition) / ".state.json").read_text())
    assert [item["size"] for item in state["resources"]["data"]["downloads"]] == [1, 1]


def test_a_class_names_its_files_by_its_attributes(context, serve):
    @dataset(id="org.example.pair")
    class Pair(Dataset):
        """Pair"""

        FIRST = FileDownloader("first.txt", serve("a", b"1"))

        def config(self) -> File:
            return File(path=self.FIRST.path)

    assert context.prepare(Pair).path.read_bytes() == b"1"


# --- adopting what an earlier program left


@pytest.fixture
def left(context):
    """Give a function that leaves a file in place, as the earlier program did."""

    def left(resource, data, state=None):
        definition = one(resource)
        folder = context.folder(definition)
        folder.mkdir(parents=True)
        (folder / "data.csv").write_bytes(data)
        if state is not None:
            (folder / ".state.json").write_text(json.dumps(state))
        return definition

    return left


COMPLETE_IN_VERSION_1 = {"version": 1, "resources": {"data": {"state": "complete"}}}


def downloads(context, definition):
    state = json.loads((context.folder(definition) / ".state.json").read_text())
    return state["resources"]["data"]["downloads"]


@pytest.mark.parametrize("state", [None, COMPLETE_IN_VERSION_1])
@pytest.mark.parametrize(
    "declared",
    [
        {"sha256": hashlib.sha256(TEXT).hexdigest()},
        {"md5": hashlib.md5(TEXT).hexdigest()},
        {"size": len(TEXT)},
        {"checker": HashCheck(hashlib.md5(TEXT).hexdigest())},
    ],
)
def test_a_file_that_is_proven_right_is_adopted(context, left, tmp_path, declared, state):
    resource = filedownloader("data.csv", (tmp_path / "gone").as_uri(), **declared)
    definition = left(resource, TEXT, state)
    assert context.prepare(definition).path.read_bytes() == TEXT
    assert downloads(context, definition) == []


@pytest.mark.parametrize("state", [None, COMPLETE_IN_VERSION_1])
@pytest.mark.parametrize(
    "declared",
    [
        {"sha256": hashlib.sha256(TEXT).hexdigest()},
        {"size": len(TEXT)},
        {"checker": HashCheck(hashlib.md5(TEXT).hexdigest())},
        {},
    ],
)
def test_a_file_that_is_not_proven_right_is_fetched_again(context, left, serve, declared, state):
    resource = filedownloader("data.csv", serve("x", TEXT), **declared)
    definition = left(resource, TEXT[:100], state)
    assert context.prepare(definition).path.read_bytes() == TEXT
    assert len(downloads(context, definition)) == 1


def test_a_decompressed_file_is_adopted_by_the_end_of_its_gzip_stream(context, left, serve):
    data = gzip.compress(TEXT)
    definition = left(filedownloader("data.csv", serve("x.gz", data), size=len(data)), TEXT)
    context.prepare(definition)
    assert downloads(context, definition) == []


def test_a_partial_decompressed_file_is_fetched_again(context, left, serve):
    data = gzip.compress(TEXT)
    url = serve("x.gz", data)
    definition = left(filedownloader("data.csv", url, size=len(data)), TEXT[:-1])
    assert context.prepare(definition).path.read_bytes() == TEXT
    assert len(downloads(context, definition)) == 1


def test_a_file_that_came_from_another_url_is_not_proven_right_by_its_size(context, serve):
    other = TEXT[::-1]
    prepared(context, filedownloader("data.csv", serve("a", other), size=len(TEXT)))
    again = filedownloader("data.csv", serve("b", TEXT), size=len(TEXT))
    assert prepared(context, again).read_bytes() == TEXT


def test_a_file_that_came_from_another_url_is_adopted_when_its_digest_is_declared(context, serve):
    prepared(context, filedownloader("data.csv", serve("a", TEXT)))
    definition = one(
        filedownloader("data.csv", serve("b", b"?"), sha256=hashlib.sha256(TEXT).hexdigest())
    )
    assert context.prepare(definition).path.read_bytes() == TEXT
    assert downloads(context, definition) == []


def test_what_was_made_of_other_bytes_than_declared_now_is_not_adopted(context, serve):
    other, right = (gzip.compress(text, mtime=0) for text in (TEXT, TEXT[::-1]))
    url = serve("x.gz", other)
    digest = hashlib.sha256(right).hexdigest()
    prepared(context, filedownloader("data.csv", url))
    with pytest.raises(VerificationError):
        prepared(context, filedownloader("data.csv", url, size=len(other), sha256=digest))


def test_a_file_is_fetched_again_when_another_size_is_declared(context, serve):
    url = serve("x", TEXT)
    prepared(context, filedownloader("data.csv", url, size=len(TEXT)))
    serve("x", TEXT + b"more")
    again = filedownloader("data.csv", url, size=len(TEXT) + 4)
    assert prepared(context, again).read_bytes() == TEXT + b"more"


def test_a_compressed_file_is_fetched_again_when_another_size_is_declared(context, serve):
    first, second = gzip.compress(TEXT), gzip.compress(TEXT + TEXT)
    url = serve("x.gz", first)
    prepared(context, filedownloader("data.csv", url, size=len(first)))
    serve("x.gz", second)
    again = filedownloader("data.csv", url, size=len(second))
    assert prepared(context, again).read_bytes() == TEXT + TEXT


def test_a_size_that_is_declared_afterwards_changes_nothing(context, serve, tmp_path):
    url = serve("x", TEXT)
    path = prepared(context, filedownloader("data.csv", url))
    (tmp_path / "x").unlink(missing_ok=True)
    before = path.stat().st_ino
    assert (
        prepared(context, filedownloader("data.csv", url, size=len(TEXT))).stat().st_ino == before
    )


def test_a_file_is_made_again_when_it_is_to_be_decompressed(context, serve):
    data = gzip.compress(TEXT)
    digest = hashlib.sha256(data).hexdigest()
    plain = filedownloader("data.csv", serve("x", data), sha256=digest)
    assert prepared(context, plain).read_bytes() == data
    compressed = filedownloader("data.csv", serve("x.gz", data), sha256=digest)
    assert prepared(context, compressed).read_bytes() == TEXT


def test_a_resource_with_another_name_takes_over_the_record_of_its_file(context, serve):
    @dataset(id="org.example.named")
    class First(Dataset):
        FIRST = filedownloader("data.csv", serve("x", TEXT))

        def config(self) -> File:
            return File(path=self.FIRST.path)

    @dataset(id="org.example.named")
    class Second(Dataset):
        SECOND = filedownloader("data.csv", serve("y", TEXT[::-1]))

        def config(self) -> File:
            return File(path=self.SECOND.path)

    assert context.prepare(First).path.read_bytes() == TEXT
    assert context.prepare(Second).path.read_bytes() == TEXT[::-1]
    state = json.loads((context.folder(Second) / ".state.json").read_text())
    assert list(state["resources"]) == ["SECOND"]


def test_a_folder_in_the_place_of_a_file_is_not_complete(context, serve):
    resource = filedownloader("data.csv", serve("x", TEXT))
    path = prepared(context, resource)
    path.unlink()
    path.mkdir()
    assert prepared(context, resource).read_bytes() == TEXT


def test_a_file_that_could_not_be_fetched_again_stays(context, left, tmp_path):
    resource = filedownloader("data.csv", (tmp_path / "gone").as_uri(), size=len(TEXT))
    definition = left(resource, TEXT[:100])
    with pytest.raises(DownloadError):
        context.prepare(definition)
    assert (context.folder(definition) / "data.csv").read_bytes() == TEXT[:100]


@pytest.mark.parametrize(
    ("filename", "name"),
    [("x.gz", "gzip"), ("x.BZ2", "bzip2"), ("x.tar.xz", "xz"), ("x.zst", "Zstandard")],
)
def test_the_compression_follows_from_the_extension(filename, name):
    compression = compression_of(filename)
    assert compression is not None
    assert compression.name == name


def test_other_extensions_are_no_compression():
    assert compression_of("x.zip") is None
    assert compression_of("gz") is None
