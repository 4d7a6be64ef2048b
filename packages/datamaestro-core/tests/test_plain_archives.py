"""Archives that the kernel unpacks by itself, for frozen preparations."""

import io
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
def test_what_its_owner_may_run_can_be_run(tar, tmp_path):
    path = tar(("a", tarfile.REGTYPE, 0o755), ("b", tarfile.REGTYPE, 0o4644))
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
