"""Folders of a group: what is made in them is the group's."""

import os
import stat
import sys
from types import SimpleNamespace

import pytest

from datamaestro.disk.files import replacing
from datamaestro.disk.sharing import make_folder, share
from datamaestro.settings import Settings
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.target import InMemory

if sys.platform == "win32":
    pytest.skip("groups are those of POSIX", allow_module_level=True)


@pytest.fixture
def group():
    """Give a group that a new file doesn't have by itself, and that this user may give it."""
    others = [54_321] if os.geteuid() == 0 else sorted({*os.getgroups()} - {os.getegid()})
    if not others:
        pytest.skip("this user is in one group only")
    return others[0]


@pytest.fixture
def shared(tmp_path, group):
    """Give a folder of the group, without the group-id bit."""
    folder = tmp_path / "shared"
    folder.mkdir()
    os.chown(folder, -1, group)
    folder.chmod(0o775)
    return folder


def groups(folder):
    return {path.lstat().st_gid for path in folder.rglob("*")}


def test_folders_get_the_group_of_the_one_they_lie_in(shared, group):
    make_folder(shared / "a" / "b" / "c")
    make_folder(shared / "a" / "b" / "c")
    assert groups(shared) == {group}


def test_what_others_make_in_such_a_folder_is_the_groups_too(shared, group):
    make_folder(shared / "a")
    (shared / "a" / "folder").mkdir()
    (shared / "a" / "folder" / "file").touch()
    assert groups(shared) == {group}


def test_permissions_are_those_that_the_mask_allows(shared):
    before = os.umask(0o027)
    try:
        make_folder(shared / "a")
        (shared / "b").touch()
        share(shared / "b")
    finally:
        os.umask(before)
    assert stat.S_IMODE((shared / "a").stat().st_mode) & 0o777 == 0o750
    assert stat.S_IMODE((shared / "b").stat().st_mode) == 0o640


def test_a_file_that_is_written_in_one_step_is_the_groups(shared, group):
    with replacing(shared / "x") as file:
        file.write(b"x")
    assert groups(shared) == {group}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
@pytest.mark.parametrize(
    ("folder", "mask", "mode"),
    [(0o775, 0o002, 0o660), (0o775, 0o022, 0o640), (0o770, 0o077, 0o600), (0o755, 0o022, 0o600)],
)
def test_a_file_that_another_user_replaces_is_the_groups_as_mask_and_folder_say(
    shared, folder, mask, mode
):
    (shared / "x").touch()
    (shared / "x").chmod(0o600)
    os.chown(shared / "x", 54_322, -1)
    shared.chmod(folder)
    before = os.umask(mask)
    try:
        with replacing(shared / "x") as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((shared / "x").stat().st_mode) == mode


def test_a_file_that_is_replaced_is_private_while_it_is_written(shared):
    (shared / "x").touch()
    (shared / "x").chmod(0o600)
    with replacing(shared / "x"):
        assert {stat.S_IMODE(path.stat().st_mode) for path in shared.iterdir()} == {0o600}


def test_settings_and_their_lock_are_the_groups(shared, group):
    with Settings.load(shared / "settings.json").edit() as settings:
        settings.keys["service"] = "secret"
    assert {path.name for path in shared.iterdir()} == {"settings.json", ".settings.json.lock"}
    assert groups(shared) == {group}


def test_a_download_is_the_groups_from_its_beginning(shared, group):
    Partial(CacheEntry(shared, "hash"), "https://host/x").begin(
        SimpleNamespace(validator="v1", size=4)
    )
    assert {path.suffix for path in shared.iterdir()} == {".part", ".json"}
    InMemory(shared).finish(shared / "small")
    assert groups(shared) == {group}


def test_a_link_is_the_groups_and_what_it_leads_to_is_not(shared, group, tmp_path):
    (tmp_path / "target").touch()
    (shared / "link").symlink_to(tmp_path / "target")
    share(shared / "link")
    assert (shared / "link").lstat().st_gid == group
    assert (tmp_path / "target").stat().st_gid != group


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file")
