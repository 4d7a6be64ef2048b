"""Archives with symbolic links, where none can be made: copies take their places."""

import errno
import os

import pytest
from archive_builders import Entry, link, tar, tar_file, tar_link, zipped
from archive_routes import Arriving, tree

from datamaestro_download_archive import ArchiveLimitError, Limits
from datamaestro_download_archive.link_copies import copy_order, links_inside
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip


@pytest.fixture(autouse=True)
def no_links(monkeypatch):
    """Let nobody make links; a file system that has none would have to be mounted."""

    def refuse(source, destination, *_arguments, **_options):
        raise PermissionError(errno.EPERM, "Operation not permitted", source, None, destination)

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def unpacked(tmp_path):
    """Give a function that unpacks a tar of some members, and what comes out."""

    def unpack(*members, **plan):
        destination = tmp_path / "out"
        unpack_tar(Arriving(tar(*members)), destination, "test.tar", Plan(**plan))
        return tree(destination)

    return unpack


def test_a_link_to_a_file_is_a_copy_of_it(unpacked):
    found = unpacked(tar_file("d/a", b"A"), tar_link("b", "d/a"), tar_link("c", "d/a", b"1"))
    assert found == {"d": None, "d/a": b"A", "b": b"A", "c": b"A"}


def test_so_it_is_in_a_zip(tmp_path):
    path = tmp_path / "test.zip"
    path.write_bytes(zipped(Entry("d/a", b"A"), link("b", "d/a")))
    with path.open("rb") as file:
        unpack_zip(file, tmp_path / "out", "test.zip", Plan(unwrap=False))
    assert tree(tmp_path / "out") == {"d": None, "d/a": b"A", "b": b"A"}


def test_a_copy_can_be_run_if_its_original_can(unpacked, tmp_path):
    unpacked(tar_file("a", mode=0o755), tar_file("b"), tar_link("c", "a"), tar_link("d", "b"))
    runnable = [name for name in "abcd" if os.access(tmp_path / "out" / name, os.X_OK)]
    assert runnable == ["a", "c"]


def test_a_link_to_a_folder_is_a_copy_of_all_in_it(unpacked):
    found = unpacked(tar_file("d/e/a", b"A"), tar_file("d/b", b"B"), tar_link("c", "d"))
    assert {name: data for name, data in found.items() if name.startswith("c")} == {
        "c": None,
        "c/b": b"B",
        "c/e": None,
        "c/e/a": b"A",
    }


def test_a_copy_of_a_folder_has_copies_of_what_its_links_lead_to(unpacked):
    found = unpacked(tar_file("f/a", b"A"), tar_link("d/x", "../f"), tar_link("c", "d"))
    assert found["c/x/a"] == b"A"


def test_a_link_to_a_folder_around_it_is_left_out(unpacked, caplog):
    found = unpacked(tar_file("d/a", b"A"), tar_link("d/up", ".."), tar_file("b", b"B"))
    assert found == {"b": b"B", "d": None, "d/a": b"A"}
    assert "the link 'd/up' is left out" in caplog.text


def test_links_that_lead_round_in_a_circle_are_left_out_and_others_are_not(unpacked, caplog):
    found = unpacked(
        tar_file("d/a", b"A"),
        tar_file("e/b", b"B"),
        tar_link("d/x", "../e"),
        tar_link("e/y", "../d"),
        tar_link("f", "d/a"),
    )
    assert found == {"d": None, "d/a": b"A", "e": None, "e/b": b"B", "f": b"A"}
    assert caplog.text.count("is left out") == 2


def test_a_link_to_nothing_is_left_out(unpacked, caplog):
    assert unpacked(tar_file("a", b"A"), tar_link("b", "gone")) == {"a": b"A"}
    assert "the link 'b' leads to nothing" in caplog.text


def test_copies_count_for_the_limits_and_nothing_is_left_beyond_them(unpacked, tmp_path):
    links = [tar_link(f"link{number}", "a") for number in range(10)]
    with pytest.raises(ArchiveLimitError, match="unpacks to too much"):
        unpacked(tar_file("a", bytes(1000)), *links, limits=Limits(size=5000))
    assert not (tmp_path / "out").exists()


def test_what_is_in_copied_folders_counts_as_members(unpacked):
    files = [tar_file(f"d/{number}") for number in range(10)]
    links = [tar_link(f"link{number}", "d") for number in range(10)]
    with pytest.raises(ArchiveLimitError, match="too many members"):
        unpacked(*files, *links, limits=Limits(members=60))


def test_a_folder_is_copied_after_all_links_in_it():
    inside = links_inside({"a": "d", "d/x": "e", "e/y": "f/g", "z": ""})
    assert copy_order(inside) == ["e/y", "d/x", "a"]
