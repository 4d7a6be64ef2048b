"""Whatever the bytes are: a named error or whole data, nothing outside, bounded work.

``DATAMAESTRO_FUZZ_PROFILE=long`` runs it for long.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pytest
from archive_builders import (
    COMPRESSORS,
    Entry,
    gnu_long,
    link,
    pax,
    tar,
    tar_file,
    tar_folder,
    tar_link,
    utf8,
    zipped,
)
from archive_corpus import MEMBER_FAULTS, TAR_CASES, ZIP_CASES, gnu_sparse
from archive_routes import CONTENT, GOOD, TAR_ROUTES, ZIP_ROUTES
from hypothesis import given, strategies as st

from datamaestro_download_archive import ArchiveError

TARS = [
    tar(
        tar_file(GOOD, CONTENT),
        tar_folder("d"),
        tar_link("d/l", f"../{GOOD}"),
        tar_link("h", GOOD, b"1"),
        pax(path="d/p", size="4") + tar_file("p"),
        gnu_long("d/long") + tar_file("x"),
        gnu_sparse(100, 512, 1000),
    ),
    # All but nine gigabytes of holes, each of which may be read in place.
    *[case.data for case in TAR_CASES if case.name != "sparse-bomb-of-many"],
]
ZIPS = [
    zipped(
        Entry(GOOD, CONTENT),
        Entry("d/", b""),
        Entry("d/s", b"stored", 0),
        utf8(Entry("é", bytes(5000))),
        link("l", "d/s"),
        Entry("b", b"b" * 99, 12),
        Entry("x", b"x" * 99, 95),
        Entry("z", b"z" * 99, 93),
        Entry("m", b"m" * 99, 14, flags=2),
    ),
    *[case.data for case in [*ZIP_CASES, *MEMBER_FAULTS]],
]

SECONDS = 10
"""What one archive of some kilobytes may take of the processor; they take some hundredths."""

MEMORY = 256 << 20
"""By how many bytes the process may exceed what it has needed before; it needs some 80 MB."""

changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "copy", "number"]),
        st.integers(0, 1 << 16),
        st.integers(0, 1 << 16),
        st.sampled_from(
            [0, 1, 255, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, ord("/"), ord(".")]
        ),
    ),
    min_size=1,
    max_size=6,
)


def changed(data: bytes, steps: list[tuple[str, int, int, int]]) -> bytes:
    result = bytearray(data)
    for act, one, other, value in steps:
        if not result:
            break
        start, end = one % len(result), other % len(result)
        if act == "set":
            result[start] = value & 0xFF
        elif act == "insert":
            result[start:start] = bytes([value & 0xFF]) * (other % 64)
        elif act == "delete":
            del result[start : start + other % 600]
        elif act == "copy":
            result[start : start + 46] = result[end : end + 46]
        else:
            result[start : start + 4] = value.to_bytes(4, "little")
    return bytes(result)


def with_sums(data: bytes) -> bytes:
    """Put checksums right in what may be tar headers: else each change ends at the first."""
    result = bytearray(data)
    for start in range(0, len(result) - 511, 512):
        block = result[start : start + 512]
        if block[257:262] == b"ustar" and block[148:156] != b" " * 8:
            block[148:156] = b" " * 8
            result[start + 148 : start + 156] = b"%06o\0 " % sum(block)
    return bytes(result)


def peak() -> int:
    """Give the most memory that this process has ever needed, in bytes; 0 if nothing tells."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def run(route: object, data: bytes) -> None:
    seconds, memory = time.process_time(), peak()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            route(data, folder)
        except ArchiveError:
            left = {path.name for path in folder.rglob("*")}
            assert left <= {"archive", "work", ".archive.index"}
        outside = {path.name for path in folder.iterdir()}
        assert outside <= {"archive", "work", ".archive.index"}
    assert time.process_time() - seconds < SECONDS
    assert peak() - memory < MEMORY


@pytest.mark.parametrize("route", TAR_ROUTES)
@given(data=st.sampled_from(TARS), steps=changes, right=st.booleans())
def test_changed_tars(route, data, steps, right):
    result = changed(data, steps)
    run(TAR_ROUTES[route], with_sums(result) if right else result)


@pytest.mark.parametrize("route", ZIP_ROUTES)
@given(data=st.sampled_from(ZIPS), steps=changes)
def test_changed_zips(route, data, steps):
    run(ZIP_ROUTES[route], changed(data, steps))


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
@given(data=st.sampled_from(TARS[:3]), steps=changes)
def test_changed_compressed_tars(compression, data, steps):
    run(TAR_ROUTES["stream"], changed(COMPRESSORS[compression](data), steps))


@pytest.mark.parametrize("route", ["stream", "in-place"])
@given(data=st.binary(max_size=2000))
def test_any_bytes(route, data):
    run(TAR_ROUTES[route], data)
