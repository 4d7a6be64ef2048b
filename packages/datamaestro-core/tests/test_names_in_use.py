"""Windows renames and removes nothing that is open or read-only: we don't ask for that."""

import os
from pathlib import Path

import as_on_windows
import pytest
from fetched import Fetched

from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.disk.files import move_into_place, remove, replacing
from datamaestro.disk.names import remove_folder, rename, unlink
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder
from datamaestro.download import Source
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.preparation.entries import settle
from datamaestro.transfer.cache_entry import CacheEntry

URL = "memory://host/data"
PAGE = b"<!DOCTYPE html><html><title>Quota</title></html>" + b" " * 9000

pytestmark = pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="tells what is open")


@pytest.fixture
def windows(monkeypatch):
    """Refuse what Windows refuses, once and for all."""
    monkeypatch.setattr("datamaestro.disk.names._WAITS", (0.0,))
    as_on_windows.refuse(monkeypatch)


def prepare(context, source):
    @Fetched("data.bin", source)
    @dataset(File, id="org.example.fetched")
    def fetched(data):
        return {"path": data}

    return context.prepare(fetched)


def test_a_partial_file_with_a_page_in_it_is_closed_and_removed(context, memory, windows):
    memory.CONTENT[URL] = PAGE
    with pytest.raises(VerificationError, match="a web page came in the place of data"):
        prepare(context, Source((URL,)))
    assert not list(context.cachepath.glob("*.part"))


def test_a_download_that_stays_becomes_a_copy(tmp_path, windows):
    (tmp_path / "entry.dl").write_bytes(b"abc")
    os.link(tmp_path / "entry.dl", tmp_path / "data")
    settle(CacheEntry(tmp_path, "entry"), needed=True)
    assert (tmp_path / "entry.dl").read_bytes() == b"abc"
    assert (tmp_path / "entry.dl").stat().st_nlink == 1


def test_what_is_open_for_a_moment_is_renamed_and_removed_after_it(tmp_path, monkeypatch):
    as_on_windows.refuse(monkeypatch)
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    reader = (tmp_path / "old").open()
    monkeypatch.setattr("datamaestro.disk.names.time.sleep", lambda _: reader.close())
    rename(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
    reader = (tmp_path / "old").open()
    unlink(tmp_path / "old")
    assert not list(tmp_path.iterdir())


def test_what_stays_open_is_an_error_that_tells_what_to_do(tmp_path, windows):
    (tmp_path / "made").write_text("new")
    (tmp_path / "data").write_text("old")
    with (
        (tmp_path / "data").open(),
        pytest.raises(DataDirectoryError, match="close the program that has it open"),
        usable(tmp_path),
    ):
        move_into_place(tmp_path / "made", tmp_path / "data")
    assert (tmp_path / "data").read_text() == "old"


def test_what_is_read_only_is_replaced_and_stays_so(tmp_path, windows):
    (tmp_path / "x").write_text("old")
    (tmp_path / "x").chmod(0o444)
    with replacing(tmp_path / "x") as file:
        file.write(b"new")
    assert (tmp_path / "x").read_text() == "new"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o444


def test_what_is_read_only_is_removed(tmp_path, windows):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "x", tmp_path / "folder" / "y"):
        path.touch()
        path.chmod(0o444)
    remove(tmp_path / "x")
    remove(tmp_path / "folder")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_can_not_be_removed_is_an_error(tmp_path, windows):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").touch()
    with (tmp_path / "folder" / "x").open(), pytest.raises(PermissionError):
        remove_folder(tmp_path / "folder")


def test_a_drive_is_a_folder_that_is_there(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise as_on_windows.Refused(as_on_windows.DENIED, path)

    monkeypatch.setattr(os, "mkdir", refuse)
    make_folder(tmp_path)
    with pytest.raises(PermissionError):
        make_folder(tmp_path / "below")
