"""Archives that the kernel unpacks by itself, for frozen preparations."""

import gzip
import io
import string
import sys
import tarfile
import zipfile

import pytest

from datamaestro.download.derivation import Unpacked
from datamaestro.lockfile.plain_archives import copy_member, unpack


@pytest.fixture
def tar(tmp_path):
    """Give a function that makes a tar of members, each with its type, and gives its path."""

    def tar(*members):
        path = tmp_path / "all.tar"
        with tarfile.open(path, "w") as archive:
            for name, kind, mode in members:
                member = tarfile.TarInfo(name)
                member.type, member.mode, member.linkname = kind, mode, "a"
                member.size = 4 if kind == tarfile.REGTYPE else 0
                archive.addfile(member, io.BytesIO(b"text"))
        return path

    return tar


def test_files_and_folders_are_unpacked(tar, tmp_path):
    path = tar(("./a", tarfile.REGTYPE, 0o644), ("b", tarfile.DIRTYPE, 0o755))
    unpack(path, tmp_path / "out", Unpacked())
    assert (tmp_path / "out" / "a").read_text() == "text"
    assert list((tmp_path / "out" / "b").iterdir()) == []


@pytest.fixture
def zipped(tmp_path):
    """Give a zip of three files."""
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("top/a/one.txt", "top/a/two.csv", "top/b/three.txt"):
            archive.writestr(name, name)
    return path


@pytest.fixture
def entries(tmp_path):
    """Give a function that makes a zip of files, each with its system and mode."""

    def entries(*members):
        path = tmp_path / "all.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, system, mode in members:
                entry = zipfile.ZipInfo(name)
                entry.create_system, entry.external_attr = system, mode << 16
                archive.writestr(entry, "text")
        return path

    return entries


def below(folder):
    """Give the files below a folder, each by its path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Unpacked(), ["a/one.txt", "a/two.csv", "b/three.txt"]),
        (Unpacked(subpath="top/a"), ["one.txt", "two.csv"]),
        (Unpacked(files=("top/a/*.csv",)), ["a/two.csv"]),
        (Unpacked(files=("top/b",), unwrap=False), ["top/b/three.txt"]),
    ],
)
def test_what_is_selected_of_a_zip_is_unpacked(zipped, tmp_path, selection, found):
    unpack(zipped, tmp_path / "out", selection)
    files = below(tmp_path / "out")
    assert sorted(files) == found
    assert all(text.endswith(path) for path, text in files.items())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "out"]


@pytest.mark.parametrize("selection", [Unpacked(subpath="c"), Unpacked(files=("c",))])
def test_an_archive_without_what_is_selected_is_refused(zipped, tar, tmp_path, selection):
    for path in (zipped, tar(("a", tarfile.REGTYPE, 0o644))):
        with pytest.raises(LookupError, match="it holds nothing below"):
            unpack(path, tmp_path / "out", selection)
    assert not (tmp_path / "out").exists()


def test_what_is_selected_of_a_tar_is_unpacked(tar, tmp_path):
    path = tar(
        ("a/b/c/one", tarfile.REGTYPE, 0o644),
        ("a/b/empty/below", tarfile.DIRTYPE, 0o755),
        ("a/b/empty", tarfile.DIRTYPE, 0o755),
        ("other/link", tarfile.SYMTYPE, 0o755),
    )
    unpack(path, tmp_path / "out", Unpacked(subpath="a/b"))
    assert below(tmp_path / "out") == {"c/one": "text"}
    assert (tmp_path / "out" / "empty" / "below").is_dir()


def test_a_file_alone_does_not_give_way_to_what_is_in_it(tar, tmp_path):
    unpack(tar(("a", tarfile.REGTYPE, 0o644)), tmp_path / "out", Unpacked())
    assert below(tmp_path / "out") == {"a": "text"}


def test_what_a_killed_process_has_unpacked_is_not_taken_for_the_archives(zipped, tmp_path):
    (tmp_path / ".out.whole" / "top" / "old").mkdir(parents=True)
    unpack(zipped, tmp_path / "out", Unpacked())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "b"]


def test_a_member_of_a_zip_is_copied(zipped):
    file = io.BytesIO()
    copy_member(zipped, "./top/a/one.txt", file)
    assert file.getvalue() == b"top/a/one.txt"


def test_a_member_of_a_tar_is_copied(tar):
    file = io.BytesIO()
    copy_member(tar(("a", tarfile.DIRTYPE, 0o755), ("./a/b", tarfile.REGTYPE, 0o644)), "a/b", file)
    assert file.getvalue() == b"text"


@pytest.mark.parametrize(
    ("wanted", "problem"), [("c", "it holds no 'c'"), ("b", "'b' isn't a file")]
)
def test_a_member_that_is_no_file_there_is_refused(tar, wanted, problem):
    path = tar(("a", tarfile.REGTYPE, 0o644), ("b", tarfile.DIRTYPE, 0o755))
    with pytest.raises(LookupError, match=problem):
        copy_member(path, wanted, io.BytesIO())


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such bit there")
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_what_its_owner_may_run_can_be_run(kind, tar, entries, tmp_path):
    if kind == "tar":
        path = tar(("a", tarfile.REGTYPE, 0o755), ("b", tarfile.REGTYPE, 0o4644))
    else:
        path = entries(("a", 3, 0o100755), ("b", 3, 0o104644))
    unpack(path, tmp_path / "out", Unpacked())
    modes = {name: (tmp_path / "out" / name).stat().st_mode for name in ("a", "b")}
    assert (bool(modes["a"] & 0o100), bool(modes["b"] & 0o100)) == (True, False)
    assert not modes["b"] & 0o4000


@pytest.mark.parametrize("name", ["../a", "/a", "b/../../a", "b\\..\\..\\a", "\\a", "C:a"])
def test_a_name_that_leads_out_is_refused(tar, tmp_path, name):
    with pytest.raises(ValueError, match="leads out of the folder"):
        unpack(tar((name, tarfile.REGTYPE, 0o644)), tmp_path / "out", Unpacked())
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("subpath", ["../mine", "top/../../mine", "{folder}/mine"])
def test_a_folder_outside_of_the_archives_stays_where_it_is(zipped, tmp_path, subpath):
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match="leads out of the folder"):
        unpack(zipped, tmp_path / "out", Unpacked(subpath.format(folder=tmp_path)))
    assert (tmp_path / "mine").is_dir()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_refused(tar, tmp_path, kind):
    with pytest.raises(LookupError, match="'b' is neither a file nor a folder"):
        unpack(tar(("b", kind, 0o644)), tmp_path / "out", Unpacked())
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_zip_is_refused(entries, tmp_path):
    with pytest.raises(LookupError, match="'b' is neither a file nor a folder"):
        unpack(entries(("b", 3, 0o120777)), tmp_path / "out", Unpacked())


@pytest.mark.parametrize(("system", "name"), [(3, "été"), (0, "├⌐t├⌐")])
def test_a_name_without_an_encoding_is_in_utf8_where_unix_wrote_it(entries, tmp_path, system, name):
    path = entries(("12345", system, 0))
    path.write_bytes(path.read_bytes().replace(b"12345", "été".encode()))
    unpack(path, tmp_path / "out", Unpacked())
    assert below(tmp_path / "out") == {name: "text"}


def test_a_tar_that_ends_with_a_zip_is_a_tar(zipped, tmp_path):
    path = tmp_path / "all.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(zipped, "last.zip")
    unpack(path, tmp_path / "out", Unpacked())
    assert (tmp_path / "out" / "last.zip").read_bytes() == zipped.read_bytes()


def test_a_zip_may_have_anything_before_it(zipped, tmp_path):
    zipped.write_bytes(b"#!/bin/sh\n" + zipped.read_bytes())
    unpack(zipped, tmp_path / "out", Unpacked("top/b"))
    assert below(tmp_path / "out") == {"three.txt": "top/b/three.txt"}


def test_an_empty_archive_is_an_empty_folder(tar, entries, tmp_path):
    for path in (tar(), entries()):
        folder = path.with_name(path.suffix[1:])
        unpack(path, folder, Unpacked())
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("subpath", ["", "a"])
def test_a_folder_that_is_empty_is_one(tar, tmp_path, subpath):
    unpack(tar(("a", tarfile.DIRTYPE, 0o755)), tmp_path / "out", Unpacked(subpath))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_may_be_known_by_its_slash_alone(tar, tmp_path):
    path = tar(("a", tarfile.REGTYPE, 0o644))
    with tarfile.open(path, "w") as archive:
        folder = tarfile.TarInfo("a/")
        archive.addfile(folder)
    unpack(path, tmp_path / "out", Unpacked(unwrap=False))
    assert (tmp_path / "out" / "a").is_dir()


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b")])
def test_two_members_in_one_place_are_an_error(tar, tmp_path, names):
    path = tar(*((name, tarfile.REGTYPE, 0o644) for name in names))
    with pytest.raises((FileExistsError, NotADirectoryError)):
        unpack(path, tmp_path / "out", Unpacked())


@pytest.mark.parametrize("hole", [bytes(1024), bytes(512), b"x" * 512])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_members_behind_a_hole_are_not_left_out(tar, tmp_path, hole, compress):
    path = tar(*((name, tarfile.REGTYPE, 0o644) for name in string.ascii_letters))
    content = path.read_bytes()
    path.write_bytes(compress(content[:1024] + hole.ljust(1024, b"y") + content[2048:]))
    with pytest.raises(tarfile.ReadError, match="something follows its end"):
        unpack(path, tmp_path / "out", Unpacked())
    with pytest.raises(tarfile.ReadError, match="something follows its end"):
        copy_member(path, "a", io.BytesIO())


def test_what_fills_the_last_record_of_a_tar_may_be_anything(tar, tmp_path):
    path = tar(("a", tarfile.REGTYPE, 0o644))
    path.write_bytes(path.read_bytes()[:2048].ljust(tarfile.RECORDSIZE, b"x"))
    unpack(path, tmp_path / "out", Unpacked())
    assert below(tmp_path / "out") == {"a": "text"}
