"""Archives that the kernel unpacks by itself, for frozen preparations."""

import io
import os
import sys
import tarfile

import pytest

from datamaestro.download.derivation import Unpacked
from datamaestro.lockfile.plain_archives import unpack


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


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such bit there")
def test_what_its_owner_may_run_can_be_run(tar, tmp_path):
    path = tar(("a", tarfile.REGTYPE, 0o755), ("b", tarfile.REGTYPE, 0o4644))
    unpack(path, tmp_path / "out", Unpacked())
    modes = {name: (tmp_path / "out" / name).stat().st_mode for name in ("a", "b")}
    assert (bool(modes["a"] & 0o100), bool(modes["b"] & 0o100)) == (True, False)
    assert not modes["b"] & 0o4000


@pytest.mark.parametrize("name", ["../a", "/a", "b/../../a", "C:a", os.sep + "a"])
def test_a_name_that_leads_out_is_refused(tar, tmp_path, name):
    with pytest.raises(LookupError, match="leads out of the folder"):
        unpack(tar((name, tarfile.REGTYPE, 0o644)), tmp_path / "out", Unpacked())
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_refused(tar, tmp_path, kind):
    with pytest.raises(LookupError, match="'b' is neither a file nor a folder"):
        unpack(tar(("b", kind, 0o644)), tmp_path / "out", Unpacked())
    assert not (tmp_path / "out").exists()
