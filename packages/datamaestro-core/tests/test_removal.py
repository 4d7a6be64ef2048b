"""Removing prepared datasets, and refusing to lose what nobody could fetch again."""

import ntpath
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from datamaestro.disk.sidecars import sidecar
from datamaestro.errors import DataDirectoryError
from datamaestro.inventory.garbage import find_garbage, remove_garbage
from datamaestro.inventory.named import find_prepared
from datamaestro.inventory.prepared import prepared_datasets
from datamaestro.inventory.reachability import dead_urls, note_reachability
from datamaestro.inventory.removal import (
    finish_removal,
    is_unfinished,
    plan_removal,
    remove_dataset,
)
from datamaestro.inventory.replaceable import irreplaceable
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.state import State
from datamaestro.state_files import Record

ALPHA = "memory://host/alpha"


def prepared(context, name):
    context.prepare(f"org.example.{name}")
    (found,) = find_prepared(f"org.example.{name}", context)
    return found


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".state.lock")


def test_planning_a_removal_changes_nothing(context, shelf):
    alpha = prepared(context, "alpha")
    plan = plan_removal(alpha, context)
    assert (plan.usage.size, plan.usage.files) == (5000, 1)
    assert context.missing("org.example.alpha") == []


def test_a_removed_dataset_leaves_nothing_but_its_lock(context, shelf):
    alpha = prepared(context, "alpha")
    remove_dataset(alpha)
    assert visible(alpha.folder) == []
    assert list(prepared_datasets(context.datapath)) == []


def test_the_folders_of_a_removed_dataset_go_once_they_are_empty(context, definitions, memory):
    memory.CONTENT["memory://host/a"] = b"a"
    files = definitions(
        "from fetched import Fetched\n"
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import dataset\n"
        "@Fetched('deep/down/one.txt', 'memory://host/a', name='one')\n"
        "@Fetched('deep/two.txt', 'memory://host/a', name='two')\n"
        "@dataset(File, id='org.example.deep')\n"
        "def deep(one, two):\n"
        "    return {'path': one}\n"
    )
    context.prepare(files.deep)
    (deep,) = prepared_datasets(context.datapath)
    remove_dataset(deep)
    assert visible(deep.folder) == []


def test_a_removed_dataset_can_be_prepared_again(context, shelf):
    remove_dataset(prepared(context, "beta"))
    assert (context.prepare("org.example.beta").path / "a").read_bytes() == b"a" * 1000


def test_what_nothing_records_stays(context, shelf):
    alpha = prepared(context, "alpha")
    (alpha.folder / "notes.txt").write_text("mine")
    assert plan_removal(alpha, context).unrecorded == (alpha.folder / "notes.txt",)
    remove_dataset(alpha)
    assert visible(alpha.folder) == ["notes.txt"]


def test_what_readers_keep_beside_a_file_goes_with_it(context, shelf):
    alpha = prepared(context, "alpha")
    (stored,) = map(alpha.path, alpha.records)
    sidecar(stored, "lines.index").write_bytes(b"12345")
    stranger = stored.with_name(f".other.{stored.name}.index")
    stranger.write_text("mine")
    plan = plan_removal(alpha, context)
    assert (plan.usage.size, plan.usage.files, plan.unrecorded) == (5005, 2, (stranger,))
    remove_dataset(alpha)
    assert visible(alpha.folder) == [stranger.name]


def test_a_lock_is_no_sidecar_of_a_file_that_is_called_state(context, shelf):
    alpha = prepared(context, "alpha")
    (stored,) = map(alpha.path, alpha.records)
    stored.rename(alpha.folder / "state")
    ((name, record),) = alpha.records.items()
    State.load(alpha.folder).complete({name: replace(record, path="state")})
    (alpha,) = find_prepared("org.example.alpha", context)
    assert plan_removal(alpha, context).usage.files == 1
    remove_dataset(alpha)
    assert visible(alpha.folder) == []
    assert (alpha.folder / ".state.lock").exists()


def test_a_dataset_in_the_folder_of_a_removed_one_stays(context, shelf):
    alpha = prepared(context, "alpha")
    inner = alpha.folder / "inner"
    inner.mkdir()
    state = (alpha.folder / ".state.json").read_text().replace("example.alpha", "example.inner")
    (inner / ".state.json").write_text(state)
    assert plan_removal(alpha, context).unrecorded == ()
    remove_dataset(alpha)
    assert [item.id for item in prepared_datasets(context.datapath)] == ["org.example.inner"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_go_and_what_they_lead_to_stays(context, shelf, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "precious.txt").write_text("precious")
    beta = prepared(context, "beta")
    (beta.path("tree") / "link").symlink_to(own, target_is_directory=True)
    remove_dataset(beta)
    assert not os.path.lexists(beta.path("tree"))
    assert (own / "precious.txt").read_text() == "precious"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_on_the_way_to_data_goes_and_what_it_leads_to_stays(context, shelf, tmp_path):
    alpha = prepared(context, "alpha")
    disk = tmp_path / "disk"
    disk.mkdir()
    alpha.path("data").rename(disk / "data.txt")
    (alpha.folder / "moved").symlink_to(disk, target_is_directory=True)
    state = alpha.folder / ".state.json"
    state.write_text(state.read_text().replace('"data.txt"', '"moved/data.txt"'))
    (alpha,) = find_prepared(alpha.id, context)
    remove_dataset(alpha)
    assert visible(alpha.folder) == []
    assert (disk / "data.txt").read_bytes() == b"alpha" * 1000


@pytest.mark.parametrize("path", ["../../../precious", "/precious"])
def test_a_state_file_that_leads_out_of_its_folder_is_not_believed(context, shelf, caplog, path):
    alpha = prepared(context, "alpha")
    state = alpha.folder / ".state.json"
    state.write_text(state.read_text().replace('"data.txt"', f'"{path}"'))
    assert list(prepared_datasets(context.datapath)) == []
    assert "leads out of the dataset's folder" in caplog.text


@pytest.mark.parametrize("path", ["/a", "\\a", "C:a", "C:/a", "\\\\host\\share\\a", "a\\..\\..\\b"])
def test_no_record_leads_out_of_its_folder_on_windows(monkeypatch, path):
    monkeypatch.setattr("datamaestro.state_files.os", SimpleNamespace(path=ntpath))
    assert Record("Made", "a/b", 1).path == "a/b"
    with pytest.raises(ValueError, match="leads out of the dataset's folder"):
        Record("Made", path, 1)


def test_a_dataset_that_another_process_is_busy_with_is_not_removed(context, shelf):
    alpha = prepared(context, "alpha")
    with (
        locked(alpha.folder / ".state.lock", "a test"),
        pytest.raises(DataDirectoryError, match="another process is busy with the dataset"),
    ):
        remove_dataset(alpha)
    assert context.missing("org.example.alpha") == []


def test_what_another_process_has_just_removed_is_gone(context, shelf):
    alpha = prepared(context, "alpha")
    remove_dataset(alpha)
    remove_dataset(alpha)
    assert visible(alpha.folder) == []
    assert not (alpha.folder / ".downloads").exists()


@pytest.mark.parametrize("step", range(6))
def test_wherever_a_removal_breaks_off_the_dataset_is_whole_or_gone(
    context, shelf, monkeypatch, step
):
    beta = prepared(context, "beta")
    left = [step]

    def one_step_nearer(function):
        def stepping(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return function(*arguments, **options)

        return stepping

    with monkeypatch.context() as patch:
        for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
            patch.setattr(os, name, one_step_nearer(getattr(os, name)))
        with pytest.raises(KeyboardInterrupt):
            remove_dataset(beta)
    whole = [item.id for item in prepared_datasets(context.datapath)] == [beta.id]
    assert whole == (context.missing("org.example.beta") == [])
    assert whole or is_unfinished(beta.folder)


@pytest.fixture
def broken_off(context, shelf, monkeypatch):
    """Give the folder of a dataset whose removal broke off before its data were renamed."""
    alpha = prepared(context, "alpha")
    with monkeypatch.context() as patch:
        patch.setattr("datamaestro.inventory.removal._finish", lambda folder: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            remove_dataset(alpha)
    assert alpha.path("data").exists()
    return alpha.folder


def test_a_removal_that_broke_off_is_finished_by_the_collector(context, broken_off):
    (item,) = find_garbage(context, before=datetime.now(UTC) - timedelta(days=1))
    assert (item.kind, remove_garbage(item)) == ("removal", True)
    assert visible(broken_off) == []


def test_a_removal_does_not_go_on_without_knowing_of_what(broken_off, unreadable):
    with unreadable(".state.json"), pytest.raises(DataDirectoryError, match="Input/output"):
        finish_removal(broken_off)
    assert is_unfinished(broken_off)
    finish_removal(broken_off)
    assert visible(broken_off) == []


def test_a_removal_whose_list_is_damaged_is_left_to_the_user(broken_off):
    (broken_off / ".downloads" / "removed" / ".state.json").write_text("{oops")
    with pytest.raises(DataDirectoryError, match="what was to be removed can't be told"):
        finish_removal(broken_off)
    assert is_unfinished(broken_off)


# --- what can't be fetched again


def test_what_has_a_source_can_be_fetched_again(context, shelf):
    assert irreplaceable(prepared(context, "alpha"), context) == {}


def test_what_comes_from_nowhere_cant(context, shelf):
    reason = "Made made it from no source that is declared"
    assert irreplaceable(prepared(context, "gamma"), context) == {"data": reason}


def test_what_is_made_from_what_can_be_fetched_again_can_be_made_again(context, shelf):
    delta = prepared(context, "delta")
    assert set(delta.records) == {"FEW"}
    assert irreplaceable(delta, context) == {}


def test_what_comes_from_a_source_that_was_found_dead_cant(context, shelf):
    note_reachability(context.path, {ALPHA: False, "memory://host/b": False})
    reason = f"its source gave nothing when it was last looked at: {ALPHA}"
    assert irreplaceable(prepared(context, "alpha"), context) == {"data": reason}
    assert set(irreplaceable(prepared(context, "delta"), context)) == {"FEW"}


def test_a_source_that_is_alive_again_gives_its_bytes_again(context, shelf):
    note_reachability(context.path, {ALPHA: False})
    note_reachability(context.path, {ALPHA: True})
    assert dead_urls(context.path) == set()
    assert irreplaceable(prepared(context, "alpha"), context) == {}


def test_a_record_of_checks_that_cant_be_read_says_nothing(context):
    context.path.mkdir()
    (context.path / "sources.json").write_text("[}")
    assert dead_urls(context.path) == set()
    assert note_reachability(context.path, {ALPHA: False})
    assert dead_urls(context.path) == {ALPHA}


def test_of_a_dataset_that_is_not_installed_the_downloads_tell(context, shelf):
    alpha = prepared(context, "alpha")
    gamma = prepared(context, "gamma")
    moved = context.datapath / "gone"
    (context.datapath / "shelf").rename(moved)
    found = {item.id: irreplaceable(item, context) for item in prepared_datasets(context.datapath)}
    assert found == {alpha.id: {}, gamma.id: {"data": "nothing tells where it came from"}}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_what_holds_only_links_is_no_loss(context, shelf, tmp_path):
    gamma = prepared(context, "gamma")
    gamma.path("data").unlink()
    gamma.path("data").symlink_to(tmp_path)
    assert irreplaceable(gamma, context) == {}
