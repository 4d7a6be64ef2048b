"""Where locks fail, and processes that don't know of one another work in one place."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.disk.files import move_into_place
from datamaestro.download import FileResource, Source
from datamaestro.errors import DataDirectoryError
from datamaestro.preparation.disturbance import is_loss
from datamaestro.preparation.entries import settle, sweep
from datamaestro.preparation.state import State
from datamaestro.state_files import STATE, Download, Record
from datamaestro.transfer.cache_entry import CacheEntry, cache_key

DOWNLOAD = Download("memory://host/a", 1, "a" * 64)
MINE = Record("Made", "mine", 4, downloads=(DOWNLOAD,))
THEIRS = replace(MINE, path="theirs")


@pytest.mark.parametrize(
    ("change", "mine"),
    [
        (lambda state: state.complete({"more": replace(MINE, path="more")}), {"mine", "more"}),
        (lambda state: state.give_up({"mine"}), {"mine"}),
        (lambda state: state.drop("mine", "mine"), set()),
        (lambda state: state.take_dropped(state), {"mine"}),
    ],
    ids=["complete", "give_up", "drop", "take_dropped"],
)
def test_what_another_process_has_recorded_meanwhile_stays(tmp_path, change, mine):
    state = State.load(tmp_path)
    state.complete({"mine": MINE})
    State.load(tmp_path).complete({"theirs": THEIRS})
    change(state)
    assert state.disturbed
    assert set(State.load(tmp_path).records) == {"theirs", *mine}


def test_of_two_that_tell_of_one_place_the_last_counts(tmp_path):
    state = State.load(tmp_path)
    state.complete({"mine": MINE})
    document = json.loads((tmp_path / STATE).read_text())
    document["resources"] = {"earlier": document["resources"]["mine"], **document["resources"]}
    (tmp_path / STATE).write_text(json.dumps(document))
    state.refresh()
    assert set(state.records) == {"mine"}
    state.complete({"mine": replace(MINE, size=5)})
    assert {name: item.size for name, item in State.load(tmp_path).records.items()} == {"mine": 5}


def test_a_state_is_written_though_another_process_has_removed_its_scratch(tmp_path):
    State.load(tmp_path, tmp_path / ".downloads" / "run").complete({"mine": MINE})
    assert set(State.load(tmp_path).records) == {"mine"}


def test_who_works_alone_is_not_disturbed(tmp_path):
    state = State.load(tmp_path)
    state.complete({"mine": MINE})
    state.drop("mine", "mine")
    state.refresh()
    assert not state.disturbed
    assert State.load(tmp_path).downloads("mine", "mine") == (DOWNLOAD,)


def test_what_two_processes_adopt_stays_in_its_place(context):
    class Adopted(FileResource):
        def proves(self, path):
            record = Record(self.fingerprint, "data.txt", path.stat().st_size)
            State.load(path.parent).complete({"data": record})  # the other was faster
            return True

        def _download(self, destination):
            raise AssertionError("it is there")

    @Adopted("data.txt")
    @dataset(File, id="org.example.adopted")
    def adopted(data):
        return {"path": data}

    place = context.folder(adopted) / "data.txt"
    place.parent.mkdir(parents=True)
    place.write_text("left by an earlier program")
    assert context.prepare(adopted).path == place
    assert place.read_text() == "left by an earlier program"


def test_what_another_process_has_completed_meanwhile_stays_in_its_place(context):
    class Made(FileResource):
        def _download(self, destination):
            destination.write_text("mine")
            self.path.write_text("else")  # the other was faster
            record = Record(self.fingerprint, "data.txt", 4)
            State.load(self.path.parent).complete({"data": record})

    @Made("data.txt")
    @dataset(File, id="org.example.made")
    def made(data):
        return {"path": data}

    assert context.prepare(made).path.read_text() == "else"


def error(number, path):
    return OSError(number, "lost", None if path is None else str(path))


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR])
def test_what_is_gone_or_not_empty_where_processes_work_may_be_lost(tmp_path, number):
    assert is_loss(error(number, tmp_path / "a" / "b"), [tmp_path / "other", tmp_path / "a"])
    assert is_loss(error(number, None), [tmp_path])


def test_the_error_of_a_folder_may_come_of_a_loss(tmp_path):
    told = DataDirectoryError("can't be used", where=tmp_path)
    told.__cause__ = error(errno.ENOENT, tmp_path / "a")
    assert is_loss(told, [tmp_path])


@pytest.mark.parametrize(
    ("number", "name"), [(errno.ENOENT, "elsewhere"), (errno.ENOSPC, "here"), (errno.EIO, "here")]
)
def test_what_is_missing_elsewhere_or_goes_wrong_otherwise_is_not_lost(tmp_path, number, name):
    assert not is_loss(error(number, tmp_path / name / "a"), [tmp_path / "here"])
    assert not is_loss(DataDirectoryError("no error of the system"), [tmp_path])


def test_a_folder_that_another_process_has_just_put_there_is_replaced(tmp_path, monkeypatch):
    made, place = tmp_path / "made", tmp_path / "place"
    made.mkdir()
    (made / "mine").touch()
    original = Path.replace

    def replace_later(path, target):
        if path == made and not place.exists():
            (place / "theirs").mkdir(parents=True)
        return original(path, target)

    monkeypatch.setattr(Path, "replace", replace_later)
    move_into_place(made, place)
    assert [path.name for path in place.iterdir()] == ["mine"]
    assert not made.exists()


def test_a_shared_download_that_another_process_has_removed_is_no_error(tmp_path):
    settle(CacheEntry(tmp_path, "entry"), needed=True)
    assert list(tmp_path.iterdir()) == []


SOURCE = Source(("memory://host/a",))


@pytest.fixture
def left(context):
    """Give an entry of the cache of which a killed process has left a partial download."""
    entry = CacheEntry(context.cachepath, cache_key(SOURCE))
    entry.folder.mkdir(parents=True)
    entry.new_partial().touch()
    return entry


def test_bytes_that_were_set_aside_stay_when_a_dataset_is_complete(context, left):
    left.rejected.touch()
    sweep(context, [SOURCE], lambda _source: False)
    assert set(left.folder.iterdir()) - {left.lock} == {left.rejected}


def test_downloads_that_are_kept_stay_when_a_dataset_is_complete(context, left):
    left.whole.touch()
    keeping = Context(context.path, keep_downloads=True)
    sweep(keeping, [SOURCE], lambda _source: False)
    assert set(left.folder.iterdir()) - {left.lock} == {left.whole}


def test_what_can_not_be_locked_in_the_cache_is_left_there(context, left):
    left.lock.mkdir()  # a colleague's, which can't be replaced
    before = set(left.folder.iterdir())
    sweep(context, [SOURCE], lambda _source: False)
    assert set(left.folder.iterdir()) == before
