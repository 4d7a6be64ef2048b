"""Resources of two versions of what a server has are never complete beside one another."""

import hashlib
import json
import time

import pytest
from fetched import Fetched

from datamaestro.data import File, Folder
from datamaestro.data.ml import Supervised
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FilesCopy, FolderResource, Source
from datamaestro.errors import DownloadError, VerificationError
from datamaestro.state_files import STATE, recorded

URL, OTHER, FAR = "memory://host/data", "memory://host/other", "memory://far/data"


class Tree(FolderResource):
    """A folder with two files of the same content, which is fetched."""

    def __init__(self, url, **arguments):
        super().__init__(**arguments)
        self.source = Source.of(url)

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        destination.mkdir()
        for name in ("a", "b"):
            (destination / name).write_bytes(self.fetch(self.source).read_bytes())


def declared(**resources):
    """Declare a dataset of some resources, the value of which is its folder."""

    def config(self) -> Folder:
        return Folder(path=getattr(self, next(iter(resources))).path.parent)

    cls = type("Declared", (Dataset,), {**resources, "config": config, "__module__": __name__})
    return dataset(id="org.example.versions")(cls)


def contents(folder):
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes().decode()
        for path in found
        if not path.name.startswith(".")
    }


@pytest.fixture
def served(memory, quick):
    memory.CONTENT.update({URL: b"v1", OTHER: b"v1", FAR: b"v1"})
    return memory


@pytest.fixture
def warnings(caplog):
    return lambda: [item.message for item in caplog.records if "other bytes" in item.message]


def test_what_was_copied_from_a_folder_follows_it(context, served, warnings):
    archive = Tree(URL)
    of_two = declared(ALL=archive, KEPT=FilesCopy(archive, {"k": "a"}))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    (folder / "ALL").rename(folder.parent / "lost")
    context.prepare(of_two)
    assert contents(folder) == {"ALL/a": "v2", "ALL/b": "v2", "KEPT/k": "v2"}
    (warning,) = warnings()
    old, new = (hashlib.sha256(text).hexdigest() for text in (b"v1", b"v2"))
    assert warning.startswith(f"{URL} gives other bytes than it did on 20")
    assert warning.endswith(f"sha256 {new}, recorded {old}")


def test_all_that_was_made_from_a_transient_folder_is_of_one_version(context, served, warnings):
    archive = Tree(URL, transient=True)
    of_two = declared(
        ALL=archive, A=FilesCopy(archive, {"a": "a"}), B=FilesCopy(archive, {"b": "b"})
    )
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    (folder / "A" / "a").unlink()
    (folder / "A").rmdir()
    context.prepare(of_two)
    assert contents(folder) == {"A/a": "v2", "B/b": "v2"}
    assert [warning.split(": ")[0] for warning in warnings()] == [
        f"{URL} gives other bytes than it did before"
    ]


def test_what_a_mirror_gives_is_of_the_same_file(context, served):
    source = Source((URL, FAR))
    of_two = declared(ONE=Fetched("one", source), TWO=Fetched("two", source))
    folder = context.prepare(of_two).path
    del served.CONTENT[URL]
    served.CONTENT[FAR] = b"v2"
    (folder / "one").unlink()
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "two": "v2"}


@pytest.mark.parametrize("size", [None, 2])
def test_all_that_comes_from_one_url_is_fetched_once_more(context, served, size):
    source = Source((URL,), size=size)
    of_two = declared(ONE=Fetched("one", source), TWO=Fetched("two", source))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    served.REQUESTS.clear()
    (folder / "one").unlink()
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "two": "v2"}
    assert len(served.REQUESTS) == 1


def test_a_transient_folder_that_has_gone_counts_too(context, served):
    archive = Tree(URL, transient=True)
    of_two = declared(ONE=Fetched("one", URL), ALL=archive, COPY=FilesCopy(archive, {"a": "a"}))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    (folder / "one").unlink()
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "COPY/a": "v2"}


def test_nothing_is_made_twice_from_the_same_bytes(context, served, warnings):
    archive = Tree(URL)
    of_three = declared(ALL=archive, KEPT=FilesCopy(archive, {"k": "a"}), ONE=Fetched("one", URL))
    folder = context.prepare(of_three).path
    before = recorded(folder)
    (folder / "one").unlink()
    context.prepare(of_three)
    after = recorded(folder)
    assert {name for name in after if after[name] != before[name]} == {"ONE"}
    assert warnings() == []


def test_what_was_made_of_unknown_bytes_makes_nothing_else_anew(context, served):
    archive = Tree(URL)
    of_two = declared(ALL=archive, KEPT=FilesCopy(archive, {"k": "a"}))
    folder = context.prepare(of_two).path
    document = json.loads((folder / STATE).read_text())
    document["resources"]["ALL"]["downloads"] = []
    (folder / STATE).write_text(json.dumps(document))
    before = recorded(folder)
    (folder / "ALL").rename(folder.parent / "lost")
    context.prepare(of_two)
    after = recorded(folder)
    assert {name for name in after if after[name] != before[name]} == {"ALL"}


def test_other_bytes_of_another_url_are_told_alone(context, served, warnings):
    of_two = declared(ONE=Fetched("one", URL), TWO=Fetched("two", OTHER))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = served.CONTENT[OTHER] = b"v2"
    (folder / "one").unlink()
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "two": "v1"}
    assert len(warnings()) == 1


def test_what_a_definition_declares_by_its_digest_stays(context, served, warnings):
    proven = Source((URL,), sha256=hashlib.sha256(b"v1").hexdigest())
    of_two = declared(ONE=Fetched("one", URL), TWO=Fetched("two", proven))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    (folder / "one").unlink()
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "two": "v1"}
    assert len(warnings()) == 1


class Both(Fetched):
    """What two sources give, one after the other."""

    @property
    def sources(self):
        return (self.source, Source.of(OTHER))

    def _download(self, destination):
        destination.write_bytes(b"".join(self.fetch(item).read_bytes() for item in self.sources))


def test_what_cannot_be_made_anew_is_missing_rather_than_mixed(context, served):
    of_two = declared(ONE=Fetched("one", URL), BOTH=Both("both", URL))
    folder = context.prepare(of_two).path
    served.CONTENT[URL] = b"v2"
    del served.CONTENT[OTHER]
    (folder / "one").unlink()
    with pytest.raises(DownloadError, match=OTHER):
        context.prepare(of_two)
    assert context.missing(of_two) == ["BOTH"]
    served.CONTENT[OTHER] = b"v2"
    context.prepare(of_two)
    assert contents(folder) == {"one": "v2", "both": "v2v2"}


def test_a_part_made_anew_leaves_no_other_of_the_old_bytes(context, served):
    @Fetched("train", URL)
    @Fetched("test", URL)
    @dataset(Supervised, id="org.example.parts")
    def parts(train, test):
        return {"train": File(path=train), "test": File(path=test)}

    context.prepare(parts)
    served.CONTENT[URL] = b"v2"
    context.prepare(parts, only=["test"], force=True)
    assert context.missing(parts) == ["train"]
    assert contents(context.prepare(parts).train.path.parent) == {"train": "v2", "test": "v2"}


def test_a_part_made_anew_brings_no_other_that_is_not_there(context, served):
    @Fetched("train", URL)
    @Fetched("test", URL)
    @dataset(Supervised, id="org.example.parts")
    def parts(train, test):
        return {"train": File(path=train), "test": File(path=test)}

    folder = context.prepare(parts).train.path.parent
    served.CONTENT[URL] = b"v2"
    for name in ("train", "test"):
        (folder / name).unlink()
    context.prepare(parts, only=["test"])
    assert contents(folder) == {"test": "v2"}


class Changing(Fetched):
    """Comes from a server that has other bytes each time, and from an empty cache."""

    def _download(self, destination):
        super()._download(destination)
        memory = __import__("memory")
        memory.CONTENT[URL] += b"."
        for path in self.binding.context.cachepath.glob("*.dl"):
            path.unlink()


def test_a_server_that_never_gives_the_same_is_asked_no_more(context, served):
    of_two = declared(ONE=Changing("one", URL), TWO=Changing("two", URL))
    with pytest.raises(VerificationError, match="other bytes each time") as caught:
        context.prepare(of_two)
    assert "--force" in str(caught.value)
    assert len(context.missing(of_two)) >= 1


class Late(Fetched):
    """Reads a resource, and then isn't ready before another one has been recorded anew."""

    def __init__(self, filename, source, read):
        super().__init__(filename, source)
        self.read = read

    @property
    def dependencies(self):
        return (self.read,)

    def bind(self, binding, bound):
        late = super().bind(binding, bound)
        late.read = bound[id(self.read)]
        return late

    def _download(self, destination):
        text = self.read.path.read_bytes()
        self.fetch_to(self.source, destination)
        end = time.monotonic() + 30
        while self._is_alone() and time.monotonic() < end:
            time.sleep(0.01)
        destination.write_bytes(text)

    def _is_alone(self):
        one = recorded(self.binding.folder).get("ONE")
        served = hashlib.sha256(__import__("memory").CONTENT[URL]).hexdigest()
        return one is None or one.downloads[0].sha256 != served


def test_what_was_under_way_meanwhile_is_made_anew(context, served):
    read = Fetched("read", URL)
    of_three = declared(READ=read, LATE=Late("late", FAR, read), ONE=Fetched("one", URL))
    folder = context.prepare(of_three).path
    served.CONTENT[URL] = b"v2"
    (folder / "one").unlink()
    (folder / "late").unlink()
    context.prepare(of_three)
    assert contents(folder) == {"one": "v2", "read": "v2", "late": "v2"}
