"""Odd archives come out the same whichever way they are read, the kernel's own way included."""

from __future__ import annotations

import gzip
import os
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from archive_builders import (
    Entry,
    gnu_long,
    header,
    padded,
    pax,
    pax_records,
    record,
    tar,
    tar_file,
    tar_folder,
    utf8,
    zipped,
)
from archive_corpus import gnu_sparse, unicode_path, wide
from archive_routes import Arriving, stored, tree

from datamaestro.download import Unpacked
from datamaestro.lockfile.plain_archives import unpack
from datamaestro_download_archive import ArchiveFolder, Limits
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.one_member import copy_member
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip

INNER = zipped(Entry("inner.txt"))
HOLED = [("GNU.sparse.size", "1000"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "500,4")]
HOLED_1 = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "1000")]

TARS = {
    "nothing": tar(),
    "a record of nothing": bytes(10240),
    "one block at its end": tar(tar_file("a"), end=bytes(512)),
    "old bytes in its last record": (tar(tar_file("a")) + header("old")).ljust(10240, b"x"),
    "zeros after its last record": tar(tar_file("a")) + bytes(20480),
    "a zip as its last member": tar(tar_file("a"), tar_file("last.zip", INNER)),
    "a folder that is told by its slash": tar(header("d/"), tar_file("d/a")),
    "a folder of version 7": tar(header("d/", 0, b"\0", magic=bytes(8)), tar_file("d/a")),
    "a folder with a size": tar(header("d", 512, b"5"), tar_file("d/a")),
    "a folder with a listing": tar(header("d", 6, b"D") + padded(b"Yx\0\0\0\0"), tar_file("d/x")),
    "folders twice": tar(tar_folder("d"), tar_folder("./d/"), tar_file("d/a")),
    "a title": tar(header("title", kind=b"V"), tar_file("a")),
    "dots and slashes": tar(tar_folder("./"), tar_file("./d//e/./f")),
    "a name in two fields": tar(tar_file("name", prefix="pre/fix")),
    "a name that ends early": tar(tar_file(b"ab\0cd")),
    "a long name": tar(gnu_long("d/" + "n" * 200), tar_file("x")),
    "a name in a record": tar(pax(path="d/ü") + tar_file("x")),
    "bytes in a record": tar(pax_records([("SCHILY.xattr.a", b"a\nb\0c=d\n")]), tar_file("a")),
    "zeros after a record": tar(
        tar_file("pax", record("path", "p") + bytes(40), kind=b"x"), tar_file("a")
    ),
    "a size in a record": tar(pax(size="600") + header("a", 4) + padded(b"y" * 600), tar_file("b")),
    "a size in base 256": tar(header("a", size_field=b"\x80%b\2" % bytes(10)), padded(b"ab")),
    "a comment for all": tar(pax(b"g", comment="x" * 600), tar_file("a")),
    "a contiguous file": tar(tar_file("a", kind=b"7")),
    "what its owner may run": tar(tar_file("a", mode=0o755), tar_file("b", mode=0o6644)),
    "holes of old GNU": tar(gnu_sparse(100, 512, 5000), tar_file("a")),
    "holes in records": tar(pax_records(HOLED) + tar_file("s", b"data"), tar_file("a")),
    "holes before the data": tar(
        pax_records(HOLED_1) + tar_file("s", padded(b"1\n500\n4\n") + b"data")
    ),
}
if sys.platform != "darwin":  # whose names are UTF-8
    TARS["a name in bytes"] = tar(tar_file(b"\xe9t\xe9"))

TEXT = Entry("a", b"data" * 100)
PACKED = TEXT.compressed()
SIZES = struct.pack("<3L", zlib.crc32(TEXT.data), len(PACKED), len(TEXT.data))
LATER = replace(TEXT, flags=8, local={"crc": 0, "packed": 0, "size": 0})
WIDE = wide(len(TEXT.data), len(PACKED))
NARROW = {"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF}

ZIPS = {
    "nothing": zipped(),
    "sizes after the data": zipped(replace(LATER, descriptor=b"PK\x07\x08" + SIZES), Entry("b")),
    "sizes after the data, unmarked": zipped(replace(LATER, descriptor=SIZES), Entry("b")),
    "large sizes": zipped(
        replace(TEXT, extra=WIDE, packed=0xFFFFFFFF, size=0xFFFFFFFF, local_extra=WIDE)
    ),
    "large sizes before the data": zipped(replace(TEXT, local_extra=WIDE, local=NARROW)),
    "a program before it": zipped(TEXT, prefix=b"#!/bin/sh\n" * 20),
    "a program before it that counts": zipped(TEXT, prefix=b"#!/bin/sh\n" * 20, shift=200),
    "a comment": zipped(TEXT, comment=b"hello"),
    "a name of MS-DOS": zipped(Entry(b"\x82t\x82", system=0)),
    "a name of Unix in UTF-8": zipped(Entry("été")),
    "a name of Unix in bytes": zipped(Entry(b"\xe9t\xe9")),
    "a name in UTF-8": zipped(utf8(replace(Entry("été"), system=0))),
    "a name in a field": zipped(Entry(b"\xfc", extra=unicode_path("\xfc", "ü"), system=0)),
    "a name in a field that is of another": zipped(
        Entry("a", extra=unicode_path("b", "ü"), system=0)
    ),
    "backslashes of Windows": zipped(Entry("d\\a", system=0), Entry("d\\", b"", 0, system=0)),
    "backslashes of NTFS": zipped(Entry("d\\a", system=10)),
    "a folder without a slash": zipped(Entry("d", b"", 0, mode=0o040755), Entry("d/a")),
    "a folder that is deflated": zipped(Entry("d/", b"", 8, mode=0o040755), Entry("d/a")),
    "folders twice": zipped(Entry("d/", b"", 0), Entry("./d/", b"", 0)),
    "dots and slashes": zipped(Entry("./", b"", 0), Entry("./d/./a")),
    "what its owner may run": zipped(Entry("a", mode=0o100755), Entry("b", mode=0o106644)),
    "a mode without a kind": zipped(Entry("a", mode=0o755), Entry("b", mode=0)),
    "a mode that doesn't count": zipped(Entry("a", mode=0o120777, system=0)),
    "what came from a pipe": zipped(Entry("a", mode=0o010644)),
    "each method": zipped(
        *[Entry(str(method), b"data" * 99, method) for method in (0, 8, 12)],
        Entry("14", b"data" * 99, 14, flags=2),
    ),
    "empty files": zipped(*[Entry(str(method), b"", method) for method in (0, 8, 12)]),
}
if os.name != "nt":  # where a backslash is no part of a name
    ZIPS["backslashes of Unix"] = zipped(Entry("d\\a", system=3))
    ZIPS["backslashes beside slashes"] = zipped(Entry("d\\a/b", system=0))


def files(contents: dict[str, bytes | str | None]) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if isinstance(content, bytes)}


def executables(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and os.access(path, os.X_OK)}


def one_by_one(path: Path, names: list[str]) -> dict[str, bytes]:
    found = {}
    for name in names:
        copy = path.with_name("copy")
        with path.open("rb") as file, copy.open("wb") as destination:
            copy_member(file, name, destination.fileno(), Budget(Limits(), "archive"))
        found[name] = copy.read_bytes()
    return found


def in_place(path: Path) -> dict[str, bytes]:
    folder = ArchiveFolder(path=path)
    return {name: folder.read(name) for name in folder}


def by_the_kernel(path: Path) -> Path:
    made = path.with_name("kernel")
    unpack(path, made, Unpacked(unwrap=False))
    return made


@pytest.mark.parametrize("case", TARS)
def test_a_tar_is_the_same_whichever_way_it_is_read(case, tmp_path):
    path = stored(TARS[case], tmp_path)
    unpack_tar(Arriving(TARS[case]), tmp_path / "made", "archive", Plan(unwrap=False))
    contents = tree(tmp_path / "made")
    assert one_by_one(path, list(files(contents))) == files(contents)
    assert in_place(path) == files(contents)
    compressed = stored(gzip.compress(TARS[case]), tmp_path, "archive.gz")
    ArchiveFolder(path=compressed).write_index()
    assert in_place(compressed) == files(contents)
    for archive in (path, compressed):
        kernel = by_the_kernel(archive)
        assert tree(kernel) == contents
        assert executables(kernel) == executables(tmp_path / "made")
        kernel.rename(tmp_path / f"kernel of {archive.name}")


@pytest.mark.parametrize("case", ZIPS)
def test_a_zip_is_the_same_whichever_way_it_is_read(case, tmp_path):
    path = stored(ZIPS[case], tmp_path)
    with path.open("rb") as file:
        unpack_zip(file, tmp_path / "made", "archive", Plan(unwrap=False))
    contents = tree(tmp_path / "made")
    assert one_by_one(path, list(files(contents))) == files(contents)
    assert in_place(path) == files(contents)
    kernel = by_the_kernel(path)
    assert tree(kernel) == contents
    assert executables(kernel) == executables(tmp_path / "made")
