"""Zips of all kinds come out as unzip would have them."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from archive_builders import COMPRESSORS, Entry, link, tar, tar_file, utf8, zipped
from archive_corpus import unicode_path, wide
from archive_routes import tree

from datamaestro_download_archive import (
    ArchiveFolder,
    ArchiveLimitError,
    DamagedArchiveError,
    Limits,
    UnsupportedArchiveError,
)
from datamaestro_download_archive.unpack import Plan, unpack_zip


def unpack(data: bytes, folder: Path, **plan: object) -> dict[str, bytes | str | None]:
    archive = folder / "test.zip"
    archive.write_bytes(data)
    destination = folder / "out"
    with archive.open("rb") as file:
        unpack_zip(file, destination, "test.zip", Plan(**plan))
    return tree(destination)


@pytest.mark.parametrize("method", [0, 8, 12, 14, 93, 95])
@pytest.mark.parametrize("size", [0, 1, 5000, 3 << 20])
def test_each_method_and_size(method, size, tmp_path):
    data = (os.urandom(size // 2) + bytes(size))[:size]
    # The LZMA encoder of the builder writes an end mark, which flag 2 announces.
    entry = Entry("a", data, method, flags=2 if method == 14 else 0)
    assert unpack(zipped(entry), tmp_path) == {"a": data}


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_what_zipfile_packs_comes_out_the_same(method, tmp_path):
    buffer = io.BytesIO()
    contents = {"a.txt": b"A" * 100, "d/ü.bin": os.urandom(2 << 20), "d/empty": b""}
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    assert unpack(buffer.getvalue(), tmp_path) == {"d": None, **contents}


@pytest.mark.parametrize("layout", ["<4s3L", "<4sL2Q", "<3L", "<L2Q"])
def test_data_descriptors_of_all_layouts(layout, tmp_path):
    entry = Entry("a", b"data")
    packed = len(entry.compressed())
    values = (zlib.crc32(b"data"), packed, 4)
    signed = (b"PK\x07\x08", *values) if "s" in layout else values
    streamed = replace(
        entry,
        flags=8,
        descriptor=struct.pack(layout, *signed),
        local={"crc": 0, "packed": 0, "size": 0},
    )
    assert unpack(zipped(streamed, Entry("b")), tmp_path) == {"a": b"data", "b": b"data"}


def test_what_is_written_to_a_pipe_has_descriptors(tmp_path):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data, /):
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"A" * 9999)
    assert unpack(bytes(pipe.data), tmp_path) == {"a": b"A" * 9999}


def test_zip64_values_in_extra_fields(tmp_path):
    entry = Entry("a", b"data")
    packed = len(entry.compressed())
    entry = replace(
        entry,
        size=0xFFFFFFFF,
        packed=0xFFFFFFFF,
        extra=wide(4, packed),
        local_extra=wide(4, packed),
    )
    assert unpack(zipped(entry), tmp_path) == {"a": b"data"}


def test_more_than_65535_members_need_zip64(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(66_000):
            archive.writestr(f"{number % 9}/{number}", b"")
    files = unpack(buffer.getvalue(), tmp_path, files=("3/*",))
    assert len(files) == len(range(3, 66_000, 9))


def with_wide_end(data: bytes, **others: int) -> bytes:
    """Give a zip a second end record, as large ones have; the first may tell something else."""
    names = ("disk", "first", "here", "count", "size", "start")
    told = dict(zip(names, struct.unpack("<4H2L", data[-18:-2]), strict=True))
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, *told.values())
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(data) - 22, 1)
    narrow = struct.pack("<4s4H2LH", b"PK\5\6", *{**told, **others}.values(), 0)
    return data[:-22] + record + locator + narrow


@pytest.mark.parametrize("others", [{}, {"count": 0xFFFF, "here": 0xFFFF}, {"start": 0xFFFFFFFF}])
def test_an_end_record_may_leave_it_to_the_other_to_tell(tmp_path, others):
    assert unpack(with_wide_end(zipped(Entry("a")), **others), tmp_path) == {"a": b"data"}


@pytest.mark.parametrize("others", [{"count": 2, "here": 2}, {"size": 5}, {"start": 5}])
def test_end_records_that_disagree_are_damage(tmp_path, others):
    with pytest.raises(DamagedArchiveError, match="two end records disagree"):
        unpack(with_wide_end(zipped(Entry("a")), **others), tmp_path)


def test_something_before_the_zip_is_passed_over(tmp_path):
    data = zipped(Entry("a"), Entry("b"), prefix=b"#!/bin/sh\nexec unzip $0\n" * 50)
    assert unpack(data, tmp_path) == {"a": b"data", "b": b"data"}


def test_something_before_the_zip_that_its_offsets_count(tmp_path):
    prefix = b"#!/bin/sh\n"
    data = zipped(Entry("a"), prefix=prefix, shift=len(prefix))
    assert unpack(data, tmp_path) == {"a": b"data"}


def test_comments_even_with_a_signature_in_them(tmp_path):
    assert unpack(zipped(Entry("a"), comment=b"PK\x05\x06 and more"), tmp_path) == {"a": b"data"}


@pytest.mark.parametrize("comment", [b"", b"PK\x05\x06 and a comment"])
@pytest.mark.parametrize("zeros", [1, 21, 22, 1000, (1 << 16) - 10, 1 << 16, 1 << 20])
def test_any_number_of_zeros_may_follow_a_zip(zeros, comment, tmp_path):
    data = zipped(Entry("a"), Entry("b"), comment=comment) + bytes(zeros)
    assert unpack(data, tmp_path) == {"a": b"data", "b": b"data"}


@pytest.mark.parametrize("zeros", [10, 1 << 17])
def test_anything_else_behind_a_zip_is_damage(zeros, tmp_path):
    with pytest.raises(DamagedArchiveError, match="something follows it"):
        unpack(zipped(Entry("a")) + bytes(zeros) + b"x", tmp_path)


def test_an_empty_zip_is_an_empty_folder(tmp_path):
    assert unpack(zipped(), tmp_path) == {}


def test_names_in_utf8_by_flag_by_field_and_by_their_system(tmp_path):
    data = zipped(
        utf8(Entry("ä")),
        Entry("ö"),
        Entry(b"\xfc", extra=unicode_path("\xfc", "ü")),
        replace(Entry(b"\x81.txt"), system=0),
        Entry(b"\xe1-latin"),
    )
    assert set(unpack(data, tmp_path)) == {"ä", "ö", "ü", "ü.txt", "ß-latin"}


UNICODE_PATHS = [("??.txt", "日本.txt"), ("??.txt", "大学.txt"), ("#U65e5", "日"), ("a?", "aé")]


def test_a_field_names_in_utf8_what_ascii_only_approximates(tmp_path):
    entries = [Entry(raw, extra=unicode_path(raw, name)) for raw, name in UNICODE_PATHS]
    entries += [Entry("a", extra=unicode_path("other", "not its field"))]
    assert set(unpack(zipped(*entries), tmp_path)) == {name for _, name in UNICODE_PATHS} | {"a"}


def test_backslashes_of_windows_programs_are_separators(tmp_path):
    data = zipped(replace(Entry("d\\a"), system=0), Entry("x"))
    assert unpack(data, tmp_path) == {"d": None, "d/a": b"data", "x": b"data"}


def test_what_was_zipped_from_a_pipe_is_a_file(tmp_path):
    data = zipped(Entry("-", b"piped", mode=0o010600), Entry("a"))
    assert unpack(data, tmp_path) == {"-": b"piped", "a": b"data"}
    assert ArchiveFolder(path=tmp_path / "test.zip").read("-") == b"piped"


def test_symbolic_links_inside_stay_links(tmp_path):
    data = zipped(Entry("d/a"), link("d/b", "../x"), link("l", "d"), Entry("x"))
    files = unpack(data, tmp_path)
    assert (files["d/b"], files["l"]) == ("../x", "d")


def test_a_link_of_a_system_without_links_is_a_file(tmp_path):
    data = zipped(replace(link("l", "../../x"), system=0))
    assert unpack(data, tmp_path) == {"l": b"../../x"}


def test_only_the_right_to_execute_is_kept(tmp_path):
    os.umask(mask := os.umask(0))
    data = zipped(
        Entry("s", mode=0o106777), Entry("n", mode=0o100000), Entry("d/", b"", mode=0o040000)
    )
    unpack(data, tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert modes == {"s": 0o777 & ~mask, "n": 0o666 & ~mask, "d": 0o777 & ~mask}


def test_several_large_members_are_all_right(tmp_path):
    contents = {f"{number}.bin": os.urandom(3 << 20) for number in range(9)}
    data = zipped(
        *[
            Entry(name, content, number % 2 * 8)
            for number, (name, content) in enumerate(contents.items())
        ]
    )
    assert unpack(data, tmp_path) == contents


def test_one_damaged_large_member_stops_the_others_and_leaves_nothing(tmp_path):
    good = [Entry(f"{number}", os.urandom(3 << 20)) for number in range(4)]
    from datamaestro_download_archive import DamagedArchiveError

    with pytest.raises(DamagedArchiveError, match="'bad'"):
        unpack(zipped(*good, Entry("bad", bytes(3 << 20), crc=1)), tmp_path)
    assert not (tmp_path / "out").exists()


def test_folders_above_members_count_too(tmp_path):
    with pytest.raises(ArchiveLimitError, match="members"):
        unpack(zipped(Entry("a/" * 100 + "x"), Entry("b")), tmp_path, limits=Limits(members=101))
    assert not (tmp_path / "out").exists()


def test_the_number_of_members_is_limited(tmp_path):
    with pytest.raises(ArchiveLimitError, match="at most 1"):
        unpack(zipped(Entry("a"), Entry("b")), tmp_path, limits=Limits(members=1))


def test_an_encrypted_member_that_is_not_wanted_is_no_hindrance(tmp_path):
    data = zipped(Entry("a"), Entry("secret", flags=1))
    assert unpack(data, tmp_path, files=("a",)) == {"a": b"data"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (b"<!doctype HTML><html>", "an HTML page"),
        (tar(tar_file("a")), "a tar archive; use TarDownloader"),
        (COMPRESSORS["gz"](tar(tar_file("a"))), "a gzip file; use TarDownloader"),
        (COMPRESSORS["xz"](b"x"), "an xz file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_zip_is_named(data, says, tmp_path):
    with pytest.raises(UnsupportedArchiveError, match=r"isn't a zip archive") as caught:
        unpack(data, tmp_path)
    assert says in str(caught.value)
