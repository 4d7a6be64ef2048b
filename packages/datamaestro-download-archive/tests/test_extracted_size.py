"""How many bytes an archive is told to have unpacked to: what lies there, or nothing."""

from __future__ import annotations

import pytest
from archive_builders import Entry, tar, tar_file, tar_folder, tar_link, zipped
from archive_routes import stored

from datamaestro.disk.files import size_on_disk
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip

FILES = [("top/a", b"one"), ("top/deep/b", b"two and more"), ("top/c", b"")]
LINK = 0o120777
INNER = zipped(Entry("x", b"within"), Entry("y", b"too"))

KNOWN = {
    "tar": (unpack_tar, tar(tar_folder("top"), *(tar_file(*item) for item in FILES)), Plan()),
    "some of a tar": (unpack_tar, tar(*(tar_file(*item) for item in FILES)), Plan("top/deep")),
    "hard link": (
        unpack_tar,
        tar(tar_file("a", b"text"), tar_link("b", "a", b"1"), tar_link("c", "a", b"1")),
        Plan(),
    ),
    "zip": (unpack_zip, zipped(*(Entry(*item) for item in FILES)), Plan()),
    "some of a zip": (
        unpack_zip,
        zipped(*(Entry(*item) for item in FILES)),
        Plan(files=("top/a",)),
    ),
}
UNKNOWN = {
    "link in a tar": (unpack_tar, tar(tar_file("a", b"text"), tar_link("b", "a")), Plan()),
    "link in a zip": (
        unpack_zip,
        zipped(Entry("a", b"text"), Entry("b", b"a", mode=LINK)),
        Plan(),
    ),
    "nested": (unpack_zip, zipped(Entry("in.zip", INNER), Entry("a")), Plan(nested=("*.zip",))),
}


@pytest.mark.parametrize("case", KNOWN)
def test_the_bytes_of_files_are_told(case, tmp_path):
    unpack, data, plan = KNOWN[case]
    with stored(data, tmp_path).open("rb") as file:
        told = unpack(file, tmp_path / "made", "archive", plan)
    assert told == size_on_disk(tmp_path / "made") > 0


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_else_takes_bytes_is_left_to_be_looked_at(case, tmp_path):
    unpack, data, plan = UNKNOWN[case]
    with stored(data, tmp_path).open("rb") as file:
        assert unpack(file, tmp_path / "made", "archive", plan) is None
    assert size_on_disk(tmp_path / "made") > 0
