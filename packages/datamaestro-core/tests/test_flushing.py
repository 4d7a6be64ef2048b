"""What is flushed survives a loss of power, in the way of each system."""

import errno
import os
import sys
from pathlib import Path

import pytest

from datamaestro.disk.files import write_atomically
from datamaestro.disk.flushing import MANY, flush_folder, flush_to_disk
from datamaestro.preparation.state import State
from datamaestro.state_files import STATE, Record, recorded

RECORD = Record("Made", "data.txt", 4)


@pytest.mark.parametrize("count", [1, MANY + 1])
def test_flushing_takes_few_files_and_many(tmp_path, count):
    for number in range(count):
        (tmp_path / str(number)).write_text("x")
    flush_to_disk(tmp_path)
    assert len(list(tmp_path.iterdir())) == count


def test_windows_flushes_files_that_are_open_for_writing_alone(folder, monkeypatch):
    fcntl = pytest.importorskip("fcntl", reason="tells how a file was opened")
    flush, flushed = os.fsync, []

    def open_as_there(path, flags, opener=os.open):
        if os.path.isdir(path):  # noqa: PTH112
            raise PermissionError(errno.EACCES, "Permission denied")
        return opener(path, flags)

    def flush_as_there(descriptor):
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        flush(descriptor)
        flushed.append(os.fstat(descriptor).st_ino)

    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        patch.setattr(os, "open", open_as_there)
        patch.setattr(os, "fsync", flush_as_there)
        flush_to_disk(folder)
        flush_folder(folder)
    assert sorted(flushed) == sorted((folder / name).stat().st_ino for name in ("a", "deep/b"))


def test_flushing_takes_links_that_lead_nowhere(folder):
    flush_to_disk(folder)
    assert (folder / "a").read_text() == "12345"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a file system that can't flush")
def test_a_file_system_that_flushes_no_folder_is_used_all_the_same():
    with pytest.raises(OSError, match="Invalid argument"):
        fsync_folder("/proc/self")
    flush_folder(Path("/proc/self"))


def fsync_folder(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def as_on_macos(monkeypatch, can=True):
    """Let files be flushed as there; give the numbers of those of which all of the disk is."""
    fcntl = pytest.importorskip("fcntl", reason="tells the disk to write")
    flushed = []

    def flush_as_there(descriptor, command):
        assert command == fcntl.F_FULLFSYNC
        if not can:
            raise OSError(errno.ENOTSUP, "Operation not supported")
        flushed.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", flush_as_there)
    return flushed


def test_macos_has_the_disk_write_what_it_holds_back(folder, monkeypatch):
    with monkeypatch.context() as patch:
        flushed = as_on_macos(patch)
        flush_to_disk(folder / "a")
        flush_folder(folder)
        write_atomically(folder / "text", "x")
    assert flushed == [path.stat().st_ino for path in (folder / "a", folder, folder / "text")]


def test_macos_has_the_disk_write_once_for_all_files_of_a_folder(folder, monkeypatch):
    with monkeypatch.context() as patch:
        flushed = as_on_macos(patch)
        flush_to_disk(folder)
    assert flushed == [folder.stat().st_ino]


def test_macos_flushes_where_a_file_system_knows_nothing_of_disks(folder, monkeypatch):
    flush, flushed = os.fsync, []
    with monkeypatch.context() as patch:
        as_on_macos(patch, can=False)
        patch.setattr(os, "fsync", lambda number: (flush(number), flushed.append(number)))
        flush_to_disk(folder / "a")
    assert len(flushed) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="names are written through there")
def test_a_file_is_flushed_with_its_name_before_it_is_recorded(context, shelf, monkeypatch):
    path = context.datapath / "shelf" / "org" / "example" / "alpha" / "data.txt"
    flush, flushed = os.fsync, []

    def look(descriptor):
        flush(descriptor)
        is_folder = path.exists() and os.fstat(descriptor).st_ino == path.parent.stat().st_ino
        flushed.append((is_folder, "data" in recorded(path.parent)))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", look)
        context.prepare("org.example.alpha")
    assert (True, False) in flushed


@pytest.mark.skipif(sys.platform == "win32", reason="names are written through there")
@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.complete({"new": RECORD}),
        lambda state: state.give_up({"data.txt"}),
    ],
    ids=["complete", "give_up"],
)
def test_a_state_is_flushed_with_its_name(tmp_path, monkeypatch, change):
    state = State.load(tmp_path)
    state.complete({"data": RECORD})
    before = (tmp_path / STATE).stat().st_ino
    flush, flushed = os.fsync, []

    def look(descriptor):
        flush(descriptor)
        flushed.append((os.fstat(descriptor).st_ino, (tmp_path / STATE).stat().st_ino))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", look)
        change(state)
    now = (tmp_path / STATE).stat().st_ino
    assert flushed == [(now, before), (tmp_path.stat().st_ino, now)]
