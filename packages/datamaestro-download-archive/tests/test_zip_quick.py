"""The quick look at a directory and the thorough one see the same, or the quick one nothing."""

from __future__ import annotations

import re
import struct
import tempfile
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile, ZipInfo

import pytest
from archive_builders import Entry, link, utf8, zipped
from archive_corpus import MEMBER_FAULTS, ZIP_CASES, unicode_path
from hypothesis import given, strategies as st
from test_fuzz import changed, changes

from datamaestro_download_archive import ArchiveError, Limits, zip_quick
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.zip_directory import read_directory
from datamaestro_download_archive.zip_entry import ZipEntry
from datamaestro_download_archive.zip_quick import PlainDirectory

PLAIN = zipped(
    Entry("a.txt"),
    Entry("d/", b"", mode=0o040755),
    Entry("d/e/", b"", mode=0),
    Entry("d/with-the-mode-of-a-file/", b""),
    replace(Entry("d/b", b"stored", 0), system=0),
    Entry("d/script", mode=0o100755),
)


def seen(data: bytes, read: object) -> dict[str, tuple[object, ...]] | None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            entries = read(RandomAccess(file), "test.zip", Limits())
        except ArchiveError:
            return None
        return {
            name: tuple(getattr(entry, field) for field in ZipEntry.__slots__)
            for name, entry in entries.items()
        }


def read_thoroughly(file: RandomAccess, archive: str, limits: Limits) -> object:
    """Read a directory as if a quick look never told anything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datamaestro_download_archive.zip_directory.look_quickly", lambda *_: None)
        return read_directory(file, archive, limits)


def is_seen_quickly(data: bytes) -> bool:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            return isinstance(read_directory(RandomAccess(file), "x", Limits()), PlainDirectory)
        except ArchiveError:
            return False


def test_plain_zips_are_seen_quickly_and_alike():
    assert is_seen_quickly(PLAIN)
    assert seen(PLAIN, read_directory) == seen(PLAIN, read_thoroughly)


def test_something_before_a_plain_zip_makes_no_difference():
    data = zipped(Entry("a"), Entry("b"), prefix=b"x" * 99)
    assert is_seen_quickly(data)
    assert seen(data, read_directory) == seen(data, read_thoroughly)


@pytest.mark.parametrize(
    "entry",
    [
        utf8(Entry("é")),
        link("l", "a"),
        Entry("x/../y"),
        Entry(".x"),
        Entry("PK\x01\x02"),
        Entry("with the mode of a folder", mode=0o040755),
        Entry("with content/", b"data", mode=0o040755),
    ],
    ids=lambda entry: str(entry.name),
)
def test_what_is_not_plain_gets_the_thorough_look(entry):
    data = zipped(Entry("a"), entry)
    assert not is_seen_quickly(data)
    assert seen(data, read_directory) == seen(data, read_thoroughly)


@pytest.mark.parametrize("case", ZIP_CASES, ids=lambda case: case.name)
def test_hostile_zips_are_seen_alike(case):
    assert seen(case.data, read_directory) == seen(case.data, read_thoroughly)


def test_comments_of_entries_make_no_difference():
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name in ("a", "b/c"):
            entry = ZipInfo(name)
            entry.external_attr, entry.comment = 0o100644 << 16, b"about " + name.encode()
            archive.writestr(entry, name)
    assert is_seen_quickly(file.getvalue())
    assert seen(file.getvalue(), read_directory) == seen(file.getvalue(), read_thoroughly)


def test_an_entry_in_another_part_of_a_zip_gets_the_thorough_look():
    data = bytearray(zipped(Entry("a"), Entry("b")))
    data[data.index(b"PK\x01\x02") + 34] = 1
    assert not is_seen_quickly(bytes(data))
    assert seen(bytes(data), read_directory) == seen(bytes(data), read_thoroughly)


def test_a_field_with_another_name_gets_the_thorough_look_and_no_other_field_does():
    renamed = Entry("b", extra=times("x") + unicode_path("b", "c"))
    assert not is_seen_quickly(zipped(Entry("a"), renamed))
    assert is_seen_quickly(zipped(Entry("up", extra=times("up")), Entry("upper")))


def times(value: str) -> bytes:
    return struct.pack("<2H", 0x5455, len(value)) + value.encode()


@pytest.mark.parametrize(
    ("entries", "quickly"),
    [
        ([Entry(f"d/{number:06}") for number in range(2000)], True),
        ([*[Entry(f"{number:06}") for number in range(2000)], Entry("000000")], False),
        ([Entry("d"), *[Entry(f"{number:06}") for number in range(2000)], Entry("d/e")], False),
    ],
    ids=["nothing", "two of one name", "a file with files in it"],
)
def test_what_is_unusual_is_seen_however_far_it_lies_apart(entries, quickly):
    data = zipped(*entries)
    assert is_seen_quickly(data) is quickly
    assert seen(data, read_directory) == seen(data, read_thoroughly)


def test_data_that_reach_into_those_of_a_later_look_are_seen(monkeypatch):
    data = zipped(Entry("a", b"stored", 0), Entry("b", b"stored", 0))
    size = struct.pack("<2L", 6, 6)
    at = data.index(size, data.index(b"PK\x01\x02"))
    longer = data[:at] + struct.pack("<2L", 7, 7) + data[at + len(size) :]
    monkeypatch.setattr(zip_quick, "BLOCK", 1)
    assert is_seen_quickly(data)
    assert not is_seen_quickly(longer)


def test_a_signature_in_place_of_another_is_no_entry():
    data = zipped(Entry("a"), Entry("b"), Entry("PK\x01\x02" + 15 * "x"))
    second = [match.start() for match in re.finditer(b"PK\x01\x02", data)][2]
    broken = data[:second] + b"none" + data[second + 4 :]
    assert not is_seen_quickly(broken)
    assert seen(broken, read_directory) == seen(broken, read_thoroughly) is None


@given(
    data=st.sampled_from([PLAIN, *[case.data for case in [*ZIP_CASES, *MEMBER_FAULTS]]]),
    steps=changes,
    block=st.sampled_from([1, 100, zip_quick.BLOCK]),
)
def test_changed_zips_are_seen_alike(data, steps, block):
    result = changed(data, steps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zip_quick, "BLOCK", block)
        assert seen(result, read_directory) == seen(result, read_thoroughly)
