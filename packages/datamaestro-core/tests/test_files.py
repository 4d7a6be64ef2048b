"""Files and folders: whole or not at all."""

import errno
import os
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datamaestro.disk.files import (
    discard,
    move_into_place,
    remove,
    replacing,
    size_on_disk,
    write_atomically,
)
from datamaestro.disk.refusals import check_space, usable
from datamaestro.disk.sharing import make_folder
from datamaestro.disk.sidecars import sidecar
from datamaestro.download.stored import LONGEST_NAME
from datamaestro.errors import DataDirectoryError


def test_a_file_is_replaced_in_one_step(tmp_path):
    (tmp_path / "x").write_text("old")
    with replacing(tmp_path / "x") as file:
        file.write(b"new")
        assert (tmp_path / "x").read_text() == "old"
    assert (tmp_path / "x").read_text() == "new"


def test_an_error_leaves_the_old_content_and_nothing_else(tmp_path):
    (tmp_path / "x").write_text("old")

    def break_off():
        with replacing(tmp_path / "x") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x", "old")]


def test_a_text_is_written_with_the_folders_above_it(tmp_path):
    write_atomically(tmp_path / "a" / "b" / "x", "é")
    assert (tmp_path / "a" / "b" / "x").read_bytes() == "é".encode()


def test_what_moves_into_place_replaces_a_folder_that_is_there(folder, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "c").touch()
    move_into_place(tmp_path / "new", folder)
    assert [path.name for path in folder.iterdir()] == ["c"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("exchanges", [True, False])
def test_what_is_replaced_may_stay_in_part_while_it_is_open(
    folder, tmp_path, monkeypatch, exchanges
):
    """On NFS, what is removed while it is open keeps a name, and so does its folder."""
    made = tmp_path / "run" / "new"
    made.mkdir(parents=True)
    (made / "c").touch()

    def keep(path, *_arguments, **_options):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(path))

    if not exchanges:
        monkeypatch.setattr("datamaestro.disk.files._exchanged", lambda first, second: False)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", keep)
        move_into_place(made, folder)
    assert [path.name for path in folder.iterdir()] == ["c"]
    (left,) = made.parent.iterdir()
    assert left.name.endswith(".old")  # which nothing takes for what a run has made


@pytest.mark.skipif(sys.platform != "linux", reason="not every system exchanges names")
def test_a_folder_that_is_replaced_is_never_missing(tmp_path):
    place = tmp_path / "place"
    over = threading.Event()
    seen = set()

    def look():
        while not over.is_set():
            seen.add(place.is_dir())

    place.mkdir()
    reader = threading.Thread(target=look)
    reader.start()
    for number in range(200):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / str(number)).touch()
        move_into_place(tmp_path / "new", place)
    over.set()
    reader.join()
    assert seen == {True}
    assert [path.name for path in place.iterdir()] == ["199"]


def test_what_is_discarded_is_gone(folder, tmp_path):
    discard(folder)
    discard(folder)
    assert list(tmp_path.iterdir()) == []


def test_what_has_the_longest_name_of_a_resource_can_be_replaced(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("datamaestro.disk.files._exchanged", lambda first, second: False)
    place = tmp_path / ("x" * LONGEST_NAME)
    for _ in range(2):
        made = shutil.copytree(folder, tmp_path / "run" / place.name, symlinks=True)
        move_into_place(made, place)
    discard(place)
    for path in (place, sidecar(place, "lines.index")):
        with replacing(path) as file:
            file.write(b"new")
    assert len(list(tmp_path.glob("*x*"))) == 2


def test_a_lack_of_space_is_told_in_numbers(tmp_path):
    check_space(tmp_path, 1, "to unpack x")
    with pytest.raises(
        DataDirectoryError, match="not enough space to unpack x: expected"
    ) as caught:
        check_space(tmp_path, 1 << 62, "to unpack x")
    assert caught.value.expected == "4,611,686,018,427,387,904 bytes free"
    free, _, missing = caught.value.found.partition(", which is ")
    assert int(free.replace(",", "")) + int(missing.removesuffix(" too few").replace(",", "")) == (
        1 << 62
    )


def test_what_moves_into_place_replaces_a_file_that_is_there(folder, tmp_path):
    (tmp_path / "target").write_text("old")
    move_into_place(folder, tmp_path / "target")
    assert (tmp_path / "target" / "a").is_file()


def test_a_file_may_take_the_place_of_a_folder(folder, tmp_path):
    (tmp_path / "new").write_text("new")
    move_into_place(tmp_path / "new", folder)
    assert folder.read_text() == "new"


def test_what_is_not_there_is_moved_nowhere(tmp_path):
    with pytest.raises(FileNotFoundError):
        move_into_place(tmp_path / "missing", tmp_path / "place")


def test_what_was_there_stays_if_nothing_can_take_its_place(folder, tmp_path):
    with pytest.raises(FileNotFoundError):
        move_into_place(tmp_path / "missing", folder)
    assert (folder / "a").is_file()
    assert list(tmp_path.iterdir()) == [folder]


def test_removing_takes_files_folders_and_what_is_not_there(folder):
    remove(folder / "a")
    remove(folder)
    remove(folder)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_removing_a_link_leaves_what_it_leads_to(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    remove(tmp_path / "link")
    assert (folder / "a").is_file()


def test_what_others_remove_at_the_same_time_is_removed_without_an_error(tmp_path):
    folders = [tmp_path / "tree" / str(number) for number in range(30)]
    for folder in folders:
        folder.mkdir(parents=True)
        for number in range(30):
            (folder / str(number)).touch()
    with ThreadPoolExecutor(4) as threads:
        for ended in [threads.submit(remove, tmp_path / "tree") for _ in range(4)]:
            ended.result()
    assert not (tmp_path / "tree").exists()


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path):
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "a").write_text("12345")
    (tmp_path / "x" / "y" / "b").write_text("1")
    assert size_on_disk(tmp_path / "x") == 6
    assert size_on_disk(tmp_path / "x" / "a") == 5


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_the_size_of_a_link_is_that_of_what_it_leads_to_and_in_a_folder_its_own(folder, tmp_path):
    (tmp_path / "file").symlink_to(folder / "a")
    (tmp_path / "folder link").symlink_to(folder)
    assert size_on_disk(tmp_path / "file") == 5
    assert size_on_disk(folder / "link") == len("nowhere")
    assert size_on_disk(tmp_path / "folder link") == size_on_disk(folder) == 6 + len("nowhere")


def test_a_file_system_error_tells_folder_reason_and_what_to_do(tmp_path):
    with pytest.raises(DataDirectoryError) as caught, usable(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "x"))
    assert str(caught.value) == (
        f"{tmp_path}: can't be used at {tmp_path / 'x'}: No space left on device; "
        "free some space, or remove files if there can be no more of them, then run it again: "
        "it goes on where it stopped"
    )


@pytest.mark.parametrize("reason", [errno.EINVAL, errno.ENAMETOOLONG])
def test_a_name_that_a_file_system_refuses_is_no_question_of_rights(tmp_path, reason):
    with pytest.raises(DataDirectoryError) as caught, usable(tmp_path):
        raise OSError(reason, os.strerror(reason), str(tmp_path / "aux"))
    assert caught.value.hint.startswith("the file system may refuse a name on that path")


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        (errno.EMFILE, "too many files are open"),
        (errno.ENFILE, "too many files are open"),
        (errno.ENOMEM, "memory is short"),
    ],
)
def test_a_shortage_is_no_reason_to_choose_another_folder(tmp_path, reason, hint):
    with pytest.raises(DataDirectoryError) as caught, usable(tmp_path):
        raise OSError(reason, os.strerror(reason), str(tmp_path / "x"))
    assert caught.value.hint.startswith(hint)


def test_the_error_of_a_move_tells_where_to(tmp_path):
    (tmp_path / "x").touch()
    there = tmp_path / "missing" / "x"
    with pytest.raises(DataDirectoryError) as caught, usable(tmp_path):
        (tmp_path / "x").replace(there)
    assert f"can't be used at {there}: No such file" in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_to_what_is_not_there_is_no_file_in_the_way(tmp_path):
    link = tmp_path / "data"
    link.symlink_to(tmp_path / "unmounted")
    reason = "File exists; it is a link to what isn't there"
    with pytest.raises(DataDirectoryError, match=reason), usable(tmp_path):
        make_folder(link / "below")
    assert link.is_symlink()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place that holds no folders")
def test_a_folder_that_no_file_system_makes_is_an_error():
    with pytest.raises(FileNotFoundError):
        make_folder(Path("/proc/nothing/below"))
