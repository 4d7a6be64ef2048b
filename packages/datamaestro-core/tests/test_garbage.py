"""What lies around: found, left alone while it is in use, and removed."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from fetched import Fetched

from datamaestro import repositories
from datamaestro.catalog.index import Index
from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import Source
from datamaestro.errors import DatamaestroError, VerificationError
from datamaestro.inventory.cache import cached_files
from datamaestro.inventory.garbage import (
    cache_garbage,
    find_garbage,
    orphaned_data,
    remove_garbage,
    superseded_data,
)
from datamaestro.inventory.orphans import find_orphans
from datamaestro.inventory.reachability import note_reachability
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.entries import sweep
from datamaestro.preparation.state import State
from datamaestro.repository import Repository
from datamaestro.testing import write_distribution
from datamaestro.transfer.cache_entry import CacheEntry, cache_key

ALPHA = "memory://host/alpha"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def keeping(context):
    """Give a context of the same data directory that keeps downloads."""
    return Context(context.path, keep_downloads=True)


def soon():
    return datetime.now(UTC) + timedelta(days=1)


def kinds(items):
    return [item.kind for item in items]


def cut_off(context, memory):
    """Begin to prepare a dataset whose transfer breaks off for good."""
    memory.CUT_AFTER[ALPHA] = [2000] * 6
    with pytest.raises(DatamaestroError):
        context.prepare("org.example.alpha")


# --- the cache


def test_a_kept_download_is_whole_and_its_url_known(keeping, shelf):
    keeping.prepare("org.example.alpha")
    (entry,) = cached_files(keeping.cachepath)
    assert (entry.state, entry.url, entry.size) == ("whole", ALPHA, 5000)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("memory://host/two words", "memory://host/two words"),
        ("memory://me:pass@host/two words?token=t", "memory://host/two words?token=***"),
    ],
)
def test_a_url_with_a_space_is_known_as_it_may_be_shown(keeping, memory, url, known):
    memory.CONTENT[url] = b"content"

    @Fetched("data.txt", url, name="data")
    @dataset(File, id="org.example.spaced")
    def spaced(data):
        """Spaced"""
        return {"path": data}

    keeping.prepare(spaced)
    (entry,) = cached_files(keeping.cachepath)
    assert (entry.state, entry.url) == ("whole", known)


def test_a_download_that_is_used_up_leaves_nothing_to_list(context, shelf):
    context.prepare("org.example.alpha")
    assert list(cached_files(context.cachepath)) == []
    assert [path.suffix for path in context.cachepath.iterdir()] == [".lock"]


def test_a_download_that_broke_off_is_partial(context, shelf, quick):
    cut_off(context, shelf)
    (entry,) = cached_files(context.cachepath)
    assert (entry.state, entry.url, entry.size) == ("partial", ALPHA, 2000)


def test_wrong_bytes_are_rejected_and_their_url_known(context, shelf):
    with pytest.raises(VerificationError):
        context.prepare("org.example.omega")
    (entry,) = cached_files(context.cachepath)
    assert (entry.state, entry.url) == ("rejected", ALPHA)


def test_an_entry_without_a_note_has_no_url(context):
    context.cachepath.mkdir(parents=True)
    (context.cachepath / "abc.dl").write_bytes(b"123")
    (entry,) = cached_files(context.cachepath)
    assert (entry.state, entry.url, entry.size) == ("whole", None, 3)


def test_clearing_removes_a_download_and_its_note(keeping, shelf):
    keeping.prepare("org.example.alpha")
    (item,) = cache_garbage(keeping)
    assert (item.kind, item.about, remove_garbage(item)) == ("download", ALPHA, True)
    assert [path.suffix for path in keeping.cachepath.iterdir()] == [".lock"]


def test_a_note_stays_as_long_as_something_is_left_that_it_is_about(keeping, shelf):
    keeping.prepare("org.example.alpha")
    (entry,) = cached_files(keeping.cachepath)
    entry.path.with_suffix(".rejected").touch()
    entry.remove()
    (left,) = cached_files(keeping.cachepath)
    assert (left.state, left.url) == ("rejected", ALPHA)


def test_a_note_stays_as_long_as_a_partial_file_is_left_that_goes_on(context, shelf, quick):
    cut_off(context, shelf)
    (entry,) = cached_files(context.cachepath)
    rejected = CacheEntry.with_file(entry.path).rejected
    rejected.touch()
    for other in cached_files(context.cachepath):
        if other.path == rejected:
            other.remove()
    assert list(cached_files(context.cachepath)) == [entry]
    entry.remove()
    assert not CacheEntry.with_file(entry.path).note.exists()


@pytest.mark.parametrize("name", [".key.json.0123abcd.tmp", ".key.dl.0123abcd.tmp", "key.json"])
def test_what_a_killed_process_left_in_the_cache_is_garbage(context, name):
    context.cachepath.mkdir(parents=True)
    left = context.cachepath / name
    left.write_bytes(b"{}")
    with locked(context.cachepath / "key.lock", "a test"):
        assert list(cache_garbage(context)) == []
    (item,) = cache_garbage(context)
    assert (item.kind, item.size, remove_garbage(item)) == ("leftover", 2, True)
    assert not left.exists()


def test_a_note_that_is_about_something_by_now_stays(context, shelf, quick):
    cut_off(context, shelf)
    (entry,) = cached_files(context.cachepath)
    partial = entry.path.rename(context.path / "elsewhere")
    (item,) = cache_garbage(context)
    assert item.path == CacheEntry.with_file(entry.path).note
    partial.rename(entry.path)
    assert remove_garbage(item)
    assert list(cached_files(context.cachepath)) == [entry]


def test_a_download_in_use_is_no_garbage(keeping, shelf):
    keeping.prepare("org.example.alpha")
    (entry,) = cached_files(keeping.cachepath)
    with locked(entry.lock, "a test"):
        assert list(cache_garbage(keeping)) == []


def test_a_download_that_came_into_use_since_stays(keeping, shelf):
    keeping.prepare("org.example.alpha")
    (item,) = cache_garbage(keeping)
    with locked(item.path.with_suffix(".lock"), "a test"):
        assert not remove_garbage(item)
    assert item.path.exists()


def test_a_run_that_was_interrupted_leaves_alone_what_another_fetches(context, shelf):
    source = Source((ALPHA,))
    context.cachepath.mkdir(parents=True)
    entry = CacheEntry(context.cachepath, cache_key(source))
    partial = entry.new_partial()
    partial.touch()
    with locked(entry.lock, "a test"):
        sweep(context, [source], lambda source: False)
        assert partial.exists()
    sweep(context, [source], lambda source: False)
    assert not partial.exists()


def test_a_download_that_others_need_is_no_file_that_a_killed_run_has_finished(context, tmp_path):
    source = Source((ALPHA,))
    context.cachepath.mkdir(parents=True)
    download = CacheEntry(context.cachepath, cache_key(source)).whole
    finished = tmp_path / "data.txt"
    download.write_text("alpha")
    finished.hardlink_to(download)
    sweep(context, [source], lambda source: True)
    finished.write_text("mine")
    assert download.read_text() == "alpha"


def test_a_kept_download_whose_source_is_dead_is_no_garbage(keeping, shelf):
    keeping.prepare("org.example.alpha")
    note_reachability(keeping.path, {ALPHA: False})
    assert list(cache_garbage(keeping)) == []


# --- what interrupted runs leave


def test_prepared_data_are_no_garbage(context, shelf):
    for name in ("alpha", "beta", "gamma", "delta"):
        context.prepare(f"org.example.{name}")
    assert list(find_garbage(context, before=soon())) == []


def test_a_recent_partial_download_is_no_garbage_yet(context, shelf, quick):
    cut_off(context, shelf)
    assert kinds(find_garbage(context, before=LONG_AGO)) == []
    assert "partial" in kinds(find_garbage(context, before=soon()))


def test_what_a_run_left_unfinished_is_garbage_once_it_is_old(context, shelf):
    work = context.folder("org.example.alpha") / ".downloads"
    work.mkdir(parents=True)
    (work / "half").write_bytes(b"x" * 10)
    assert kinds(find_garbage(context, before=LONG_AGO)) == []
    (item,) = find_garbage(context, before=soon())
    assert (item.kind, item.about) == ("unfinished", "org.example.alpha")
    assert remove_garbage(item)
    assert not work.exists()


def test_what_a_run_went_on_with_since_it_was_found_is_no_garbage(context, shelf):
    work = context.folder("org.example.alpha") / ".downloads"
    work.mkdir(parents=True)
    os.utime(work, (0, 0))
    (item,) = find_garbage(context, before=datetime.now(UTC) - timedelta(hours=1))
    (work / "run").mkdir()
    assert not remove_garbage(item)
    assert (work / "run").exists()


@pytest.mark.parametrize("name", [".downloads", ".downloads/removed"])
def test_garbage_that_is_half_removed_is_nothing_to_go_on_from(context, shelf, monkeypatch, name):
    folder = context.folder("org.example.alpha")
    context.prepare("org.example.alpha")
    run = folder / ".downloads" / "01234567"
    (run / "pages").mkdir(parents=True)
    if name == ".downloads/removed":
        (folder / name).mkdir()
        (folder / ".state.json").rename(folder / name / ".state.json")
    (item,) = find_garbage(context, before=soon())

    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", stop)
        with pytest.raises(KeyboardInterrupt):
            remove_garbage(item)
    assert not run.exists()


def test_what_a_running_process_has_not_finished_is_no_garbage(context, shelf):
    folder = context.folder("org.example.alpha")
    (folder / ".downloads").mkdir(parents=True)
    with locked(folder / ".state.lock", "a test"):
        assert list(find_garbage(context, before=soon())) == []


def test_what_another_process_removes_meanwhile_is_no_garbage(context, shelf, monkeypatch):
    work = context.folder("org.example.alpha") / ".downloads"
    work.mkdir(parents=True)

    def removed(lock):
        shutil.rmtree(work, ignore_errors=True)

    monkeypatch.setattr("datamaestro.inventory.garbage.is_busy", removed)
    assert list(find_garbage(context, before=datetime.now(UTC))) == []


def test_what_a_killed_process_renamed_aside_is_garbage(context, shelf):
    context.prepare("org.example.beta")
    aside = context.folder("org.example.beta") / ".tree.0123abcd.old"
    aside.mkdir()
    (aside / "a").write_bytes(b"x" * 10)
    assert list(find_garbage(context, before=LONG_AGO)) == []
    (item,) = find_garbage(context, before=soon())
    assert (item.kind, item.size, remove_garbage(item)) == ("leftover", 10, True)
    assert not aside.exists()


def test_a_transient_resource_that_nothing_needs_is_garbage(context, shelf, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("datamaestro.preparation.loop.Loop.drop_unneeded", lambda self: None)
        context.prepare("org.example.delta")
    (item,) = find_garbage(context, before=LONG_AGO)
    assert (item.kind, item.size, remove_garbage(item)) == ("transient", 2000, True)
    assert not item.path.exists()
    assert not (item.path.parent / ".downloads").exists()
    assert context.missing("org.example.delta") == []


@pytest.mark.parametrize("what", ["index", "project", "module"])
def test_however_many_datasets_there_are_nothing_is_looked_at_for_each(
    context, shelf, monkeypatch, what
):
    owner, name = {
        "index": (Index, "is_current"),
        "project": (repositories, "nearest_project"),
        "module": (Repository, "declared_in"),
    }[what]
    looks = []
    look = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *given: looks.append(given) or look(*given))
    for name in ("alpha", "beta", "gamma", "delta"):
        context.prepare(f"org.example.{name}")
        shutil.copytree(
            context.folder(f"org.example.{name}"), context.datapath / "shelf" / "unknown" / name
        )
    list(context.catalog.ids())  # which makes the index
    looks.clear()
    assert list(find_garbage(context, before=LONG_AGO)) == []
    once = len(set(looks))
    assert len(looks) == once
    assert list(superseded_data(context)) == []
    assert len(looks) == 2 * once


# --- data of datasets that aren't installed


def test_data_of_no_installed_dataset_are_orphaned(context, shelf):
    gone = context.datapath / "shelf" / "org" / "example" / "gone"
    gone.mkdir(parents=True)
    (gone / "data.txt").write_bytes(b"x" * 10)
    (item,) = orphaned_data(context)
    assert (item.kind, item.about, item.size) == ("orphan", "shelf/org/example/gone", 10)
    assert remove_garbage(item)
    assert not gone.exists()
    assert list(find_garbage(context, before=soon())) == []


def test_orphans_that_a_process_is_busy_with_stay(context, shelf):
    gone = context.datapath / "shelf" / "org" / "example" / "gone"
    gone.mkdir(parents=True)
    with locked(gone / ".state.lock", "a test"):
        assert list(orphaned_data(context)) == []


PREPARE_ELSEWHERE = """
import sys, time
from pathlib import Path
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.state import State
from datamaestro.state_files import Record

folder = Path(sys.argv[1])
with locked(folder / ".state.lock", "org.example.gone"):
    (folder / "data.txt").write_text("new")
    State.load(folder).complete({"data": Record("Made", "data.txt", 3)})
    print("recorded", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def gone(context, shelf):
    """Give the folder of a dataset that isn't installed here, but in a colleague's environment."""
    folder = context.datapath / "shelf" / "org" / "example" / "gone"
    folder.mkdir(parents=True)
    (folder / "data.txt").write_bytes(b"x" * 10)
    return folder


@pytest.mark.parametrize("ends", [True, False], ids=["done", "at work"])
@pytest.mark.parametrize("place", [".", "variant"])
def test_orphans_that_a_process_has_begun_to_use_since_stay(context, gone, place, ends):
    (item,) = orphaned_data(context)
    (gone / place).mkdir(exist_ok=True)
    command = [sys.executable, "-c", PREPARE_ELSEWHERE, str(gone / place)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == "recorded\n"
        if ends:
            process.communicate()
        assert not remove_garbage(item)
        if not ends:
            process.communicate()
    assert set(State.load(gone / place).records) == {"data"}


def test_orphans_that_were_only_looked_at_since_go(context, gone):
    context.prepare("org.example.alpha")
    for name in (".state.lock", ".state.json"):
        (gone / name).write_bytes((context.folder("org.example.alpha") / name).read_bytes())
    (item,) = orphaned_data(context)
    assert list(orphaned_data(context)) == [item]
    assert remove_garbage(item)
    assert not gone.exists()


def test_looking_for_garbage_makes_no_files(context, shelf):
    context.prepare("org.example.alpha")
    (context.folder("org.example.alpha") / ".state.lock").unlink()
    before = sorted(os.walk(context.path))
    assert list(find_garbage(context, before=soon())) == []
    assert sorted(os.walk(context.path)) == before


STREAMING = """
from datamaestro import Repository
from datamaestro.catalog import Entry

class Hub(Repository):
    NAMESPACE = "hub"

    def entries(self):
        yield Entry("org.example.streamed")
"""


def test_data_of_datasets_that_no_module_declares_are_no_orphans(context, site_packages):
    write_distribution(
        site_packages,
        "repository-hub",
        files={"hub/__init__.py": STREAMING, "hub/config/__init__.py": ""},
        entry_points={"datamaestro.repositories": {"hub": "hub:Hub"}},
    )
    streamed = context.datapath / "hub" / "org" / "example" / "streamed"
    unknown = context.datapath / "hub" / "org" / "example" / "unknown"
    for folder in (streamed, unknown):
        folder.mkdir(parents=True)
    assert [path for path in find_orphans(context) if path.is_relative_to(streamed.parent)] == [
        unknown
    ]


def test_where_a_repository_cant_tell_its_datasets_none_is_an_orphan(
    context, shelf, site_packages, caplog
):
    text = STREAMING.replace('yield Entry("org.example.streamed")', "raise OSError('lost')")
    write_distribution(
        site_packages,
        "repository-hub",
        files={"hub/__init__.py": text, "hub/config/__init__.py": ""},
        entry_points={"datamaestro.repositories": {"hub": "hub:Hub"}},
    )
    gone = context.datapath / "shelf" / "org" / "gone"
    for folder in (context.datapath / "hub" / "org" / "example" / "streamed", gone):
        folder.mkdir(parents=True)
    assert list(find_orphans(context)) == [gone]
    assert f"{context.datapath / 'hub'} is left out" in caplog.text
