"""Files under gzip, as formats read them."""

import gzip
import io
import os
import sys
import zlib

import pytest

from datamaestro.data.gzipped import decompressing, is_gzip
from datamaestro.errors import DataFormatError
from datamaestro.plugins.proposals import Candidate

CONTENT = os.urandom(10_000) + bytes(100_000)
PACKED = gzip.compress(CONTENT)


@pytest.fixture(params=["isal", "the standard library alone"], autouse=True)
def library(request, monkeypatch):
    if request.param == "isal":
        pytest.importorskip("isal")
    else:
        monkeypatch.setitem(sys.modules, "isal", None)


def read(content, path):
    with decompressing(io.BytesIO(content), path) as plain:
        return plain.read()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(PACKED, True), (b"plain", False), (b"\x1f", False), (b"", False)],
)
def test_gzip_is_recognized_by_its_first_bytes(content, expected):
    file = io.BytesIO(content)
    file.seek(0, io.SEEK_END)
    assert is_gzip(file) is expected
    assert file.tell() == 0


@pytest.mark.parametrize("content", [PACKED, PACKED + bytes(9), gzip.compress(b"") + PACKED])
def test_what_is_under_gzip_is_read_whole(tmp_path, content):
    assert read(content, tmp_path) == CONTENT


@pytest.mark.parametrize(
    "content",
    [
        PACKED[:-3],
        PACKED[:5000],
        PACKED[:5000] + bytes(40) + PACKED[5040:],
        PACKED[:-8] + zlib.crc32(b"another").to_bytes(4, "little") + PACKED[-4:],
        PACKED + b"more",
        b"\x1f\x8bno gzip",
    ],
    ids=["end", "half", "corrupt", "checksum", "more", "header"],
)
def test_what_is_damaged_is_an_error_that_names_the_file(tmp_path, content):
    with pytest.raises(DataFormatError, match="damaged gzip data") as caught:
        read(content, tmp_path / "x.gz")
    assert caught.value.where == str(tmp_path / "x.gz")


def test_an_error_of_the_reader_stays_its_own(tmp_path):
    with pytest.raises(ZeroDivisionError), decompressing(io.BytesIO(PACKED), tmp_path):
        _ = 1 / 0


@pytest.mark.parametrize(
    "damaged", [b"", b"\xff" * 100, PACKED[10:20]], ids=["nothing", "wrong", "cut off"]
)
def test_nothing_is_recognized_by_the_content_of_damaged_gzip(tmp_path, damaged):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(PACKED[:10] + damaged)
    assert Candidate(path, path.name).head() == b""
