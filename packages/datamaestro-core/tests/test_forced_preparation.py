"""Preparing again what is there: the old stays until all of the new is whole."""

import hashlib
import json
import threading

import pytest
from fetched import Fetched

from datamaestro.context import Context, prepare_dataset
from datamaestro.data import File, Folder
from datamaestro.data.ml import Supervised
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FilesCopy, FolderResource, Source
from datamaestro.errors import (
    DataDirectoryError,
    DownloadError,
    ParameterError,
    VerificationError,
)
from datamaestro.preparation.operations import remake
from datamaestro.preparation.state import State
from datamaestro.state_files import STATE
from datamaestro.utils import HashCheck

URL, OTHER = "memory://host/data.bin", "memory://host/other.bin"


class Tree(FolderResource):
    """A folder with one file, the content of which is fetched."""

    def __init__(self, url, **arguments):
        super().__init__(**arguments)
        self.source = Source.of(url)

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        destination.mkdir()
        self.fetch_to(self.source, destination / "a")


@dataset(id="org.example.two")
class Two(Dataset):
    FIRST = Fetched("first.bin", URL)
    SECOND = Fetched("second.bin", OTHER)

    def config(self) -> Folder:
        return Folder(path=self.FIRST.path.parent)


@dataset(id="org.example.sized")
class Sized(Dataset):
    FIRST = Fetched("first.bin", Source((URL,), size=5))
    SECOND = Fetched("second.bin", Source((OTHER,), size=6))

    def config(self) -> Folder:
        return Folder(path=self.FIRST.path.parent)


@dataset(id="org.example.single")
class Single(Dataset):
    DATA = Fetched("data.bin", URL)

    def config(self) -> File:
        return File(path=self.DATA.path)


@pytest.fixture
def served(memory, quick):
    memory.CONTENT.update({URL: b"first", OTHER: b"second"})
    return memory


def killed(*_):
    raise KeyboardInterrupt


def contents(context, definition=Two):
    folder = context.folder(definition)
    return (folder / "first.bin").read_bytes(), (folder / "second.bin").read_bytes()


def test_everything_is_fetched_again(context, served):
    context.prepare(Two)
    served.CONTENT.update({URL: b"new first", OTHER: b"new second"})
    context.prepare(Two, force=True)
    assert contents(context) == (b"new first", b"new second")
    assert len(served.REQUESTS) == 4


def test_what_is_not_there_yet_is_made(context, served):
    assert prepare_dataset(Single, context, force=True).path.read_bytes() == b"first"


def test_nothing_is_replaced_until_all_is_whole(context, served):
    context.prepare(Two)
    served.CONTENT[URL] = b"new first"
    del served.CONTENT[OTHER]
    with pytest.raises(DownloadError):
        context.prepare(Two, force=True)
    assert contents(context) == (b"first", b"second")
    assert context.missing(Two) == []
    left = {".state.json", ".state.lock", ".used", "first.bin", "second.bin"}
    assert {path.name for path in context.folder(Two).iterdir()} == left


@pytest.mark.parametrize("definition", [Two, Sized])
def test_old_and_new_are_never_taken_for_one_version(context, served, monkeypatch, definition):
    context.prepare(definition)
    served.CONTENT.update({URL: b"FIRST", OTHER: b"SECOND"})
    with monkeypatch.context() as patch:
        patch.setattr("datamaestro.preparation.replacement.flush_folder", killed)
        with pytest.raises(KeyboardInterrupt):
            context.prepare(definition, force=True)
    assert contents(context, definition) == (b"FIRST", b"second")
    assert context.missing(definition) == ["FIRST", "SECOND"]
    context.prepare(definition)
    assert contents(context, definition) == (b"FIRST", b"SECOND")


def test_readers_have_the_old_until_then(context, served):
    seen = []

    def look():
        path = context.get(Looked).path
        seen.append(path.read_bytes() if path.exists() else None)
        seen.append(context.missing(Looked))

    class Looking(Fetched):
        def _download(self, destination):
            super()._download(destination)
            reader = threading.Thread(target=look)
            reader.start()
            reader.join()

    @dataset(id="org.example.looked")
    class Looked(Dataset):
        DATA = Looking("data.bin", URL)

        def config(self) -> File:
            return File(path=self.DATA.path)

    context.prepare(Looked)
    served.CONTENT[URL] = b"new"
    context.prepare(Looked, force=True)
    assert seen == [None, ["DATA"], b"first", []]
    assert context.get(Looked).path.read_bytes() == b"new"


def test_a_kept_download_is_not_used(home, served):
    context = Context(home / "keeping", keep_downloads=True)
    context.prepare(Single)
    served.CONTENT[URL] = b"new"
    assert context.prepare(Single, force=True).path.read_bytes() == b"new"
    assert [path.read_bytes() for path in context.cachepath.glob("*.dl")] == [b"new"]


def test_what_two_files_are_made_from_is_fetched_once(context, served):
    @dataset(id="org.example.twice")
    class Twice(Dataset):
        FIRST = Fetched("first.bin", URL)
        SECOND = Fetched("second.bin", URL)

        def config(self) -> Folder:
            return Folder(path=self.FIRST.path.parent)

    context.prepare(Twice)
    served.REQUESTS.clear()
    served.CONTENT[URL] = b"new"
    context.prepare(Twice, force=True)
    assert contents(context, Twice) == (b"new", b"new")
    assert len(served.REQUESTS) == 1


def test_what_is_not_what_was_declared_is_set_aside_where_it_stays(context, served):
    @dataset(id="org.example.checked")
    class Checked(Dataset):
        DATA = Fetched("data.bin", URL, checker=HashCheck(hashlib.md5(b"first").hexdigest()))

        def config(self) -> File:
            return File(path=self.DATA.path)

    context.prepare(Checked)
    served.CONTENT[URL] = b"new"
    with pytest.raises(VerificationError):
        context.prepare(Checked, force=True)
    (rejected,) = context.folder(Checked).rglob("*.rejected/*.rejected")
    assert rejected.read_bytes() == b"new"


def test_a_state_that_was_lost_tells_of_which_dataset_it_is(context, served):
    context.prepare(Single)
    (context.folder(Single) / STATE).write_text("damaged")
    context.prepare(Single, force=True)
    assert State.load(context.folder(Single)).dataset == "org.example.single"


def test_what_is_made_from_others_is_made_from_the_new(context, served):
    archive = Tree(URL, transient=True)

    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ARCHIVE = archive
        KEPT = FilesCopy(archive, {"first": "a"})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    context.prepare(Kept)
    served.CONTENT[URL] = b"new"
    assert (context.prepare(Kept, force=True).path / "first").read_bytes() == b"new"
    folder = context.folder(Kept)
    assert sorted(path.name for path in folder.iterdir()) == [
        ".state.json",
        ".state.lock",
        ".used",
        "KEPT",
    ]


@pytest.mark.parametrize(
    "again",
    [
        lambda context, definition: context.prepare(definition, force=True),
        lambda context, definition: remake(definition.__dataset__, context, ["KEPT"]),
    ],
    ids=["all", "one alone"],
)
def test_what_cant_be_made_again_for_want_of_a_file_is_the_same_error_as_before(
    context, served, again
):
    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ARCHIVE = Tree(URL)
        KEPT = FilesCopy(ARCHIVE, {"first": "nowhere"})

        def config(self) -> Folder:
            return Folder(path=self.KEPT.path)

    for prepare in (Context.prepare, again):
        with pytest.raises(DataDirectoryError, match="ARCHIVE holds no file 'nowhere' to copy"):
            prepare(context, Kept)


def test_a_folder_takes_the_place_of_the_old_one(context, served):
    @dataset(id="org.example.tree")
    class WithTree(Dataset):
        TREE = Tree(URL)

        def config(self) -> Folder:
            return Folder(path=self.TREE.path)

    path = context.prepare(WithTree).path
    (path / "stray").touch()
    served.CONTENT[URL] = b"new"
    context.prepare(WithTree, force=True)
    assert [(item.name, item.read_bytes()) for item in path.iterdir()] == [("a", b"new")]


def test_other_bytes_than_before_are_told_with_both_digests(context, served, caplog):
    context.prepare(Two)
    served.CONTENT[URL] = b"new"
    context.prepare(Two, force=True)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    (warning,) = warnings
    old, new = (hashlib.sha256(text).hexdigest() for text in (b"first", b"new"))
    assert warning.startswith(f"{URL} gives other bytes than it did on 20")
    assert warning.endswith(f"sha256 {new}, recorded {old}")


def test_the_same_bytes_as_before_are_no_news(context, served, caplog):
    context.prepare(Two)
    context.prepare(Two, force=True)
    assert "other bytes" not in caplog.text


def test_the_new_is_recorded(context, served):
    context.prepare(Single)
    served.CONTENT[URL] = b"newer"
    context.prepare(Single, force=True)
    state = json.loads((context.folder(Single) / ".state.json").read_text())
    (download,) = state["resources"]["DATA"]["downloads"]
    assert (download["size"], download["sha256"]) == (5, hashlib.sha256(b"newer").hexdigest())
    assert context.missing(Single) == []


def test_it_is_made_in_the_own_directory_even_if_the_site_has_it(home, served, caplog):
    Context(home / "site").prepare(Single)
    context = Context(home / "own", site=[home / "site"])
    assert context.prepare(Single, force=True).path.is_relative_to(context.path)
    assert f"{home / 'site'}" in caplog.text


def test_what_may_not_be_fetched_cannot_be_fetched_again(context):
    with pytest.raises(ParameterError, match="can't be fetched again"):
        context.prepare(Single, force=True, download=False)


def test_a_part_alone_is_made_anew(context, served):
    @dataset(id="org.example.parts")
    class Parts(Dataset):
        FIRST = Fetched("first.bin", URL)
        SECOND = Fetched("second.bin", OTHER)

        def config(self) -> Supervised:
            return Supervised(train=File(path=self.FIRST.path), test=File(path=self.SECOND.path))

    context.prepare(Parts)
    served.CONTENT.update({URL: b"FIRST", OTHER: b"SECOND"})
    value = context.prepare(Parts, only=["test"], force=True)
    assert (value.train.path.read_bytes(), value.test.path.read_bytes()) == (b"first", b"SECOND")


def test_the_state_tells_what_a_transient_resource_was_made_from_this_time(context, served):
    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ALL = Tree(URL, transient=True)
        KEPT = FilesCopy(ALL, {"b": "a"})

        def config(self) -> File:
            return File(path=self.KEPT.path / "b")

    context.prepare(Kept)
    served.CONTENT[URL] = b"other"
    context.prepare(Kept, force=True)
    (download,) = State.load(context.folder(Kept)).downloads("ALL", "ALL")
    assert download.sha256 == hashlib.sha256(b"other").hexdigest()
