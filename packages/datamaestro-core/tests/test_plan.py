"""Plans: what a preparation would fetch, from where, and how much room it takes."""

import io
import json
from collections import Counter

import pytest

from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.data.ml import Supervised
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, Source, reference
from datamaestro.errors import DefinitionError
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.progress import JSONLines

BYTES = bytes(5000)


def url(name):
    return f"memory://host/{name}"


class Fetched(FileResource):
    """One file, stored as it comes; it may keep to itself how large it is."""

    def __init__(self, filename, source, **arguments):
        super().__init__(filename, **arguments)
        self.source = source

    @property
    def sources(self):
        return (self.source,)

    @property
    def finished_size(self):
        return self.source.size

    def _download(self, destination):
        self.fetch_to(self.source, destination)


class Unpacked(FolderResource):
    """A folder of some files, made from one that is downloaded."""

    def __init__(self, source, size, **arguments):
        super().__init__(**arguments)
        self.source = source
        self.finished_size_of_all = size

    @property
    def sources(self):
        return (self.source,)

    @property
    def finished_size(self):
        return self.finished_size_of_all

    def _download(self, destination):
        destination.mkdir()
        (destination / "a").write_bytes(self.fetch(self.source).read_bytes())


class Copied(FilesCopy):
    """Some files, whose sizes are known."""

    finished_size = 1000


class NeverReady(reference):
    """Another dataset, whatever is there already."""

    def is_ready(self):
        return False


@Fetched("train.bin", Source((url("train"), url("copy")), size=5000))
@Fetched("test.bin", Source((url("test"),)))
@dataset(Supervised, id="org.example.split")
def split(train, test):
    """Two files"""
    return {"train": File(path=train), "test": File(path=test)}


def step(plan, name):
    (found,) = (step for step in plan.steps if step.resource == name)
    return found


def test_a_plan_tells_the_urls_in_the_order_they_are_asked(context, monkeypatch):
    (download,) = step(context.plan(split), "train").downloads
    assert (download.urls, download.size) == ((url("train"), url("copy")), 5000)


def test_a_plan_names_the_mirrors_of_the_site_first(context):
    with context.settings.edit() as edited:
        edited.mirrors[url("train")] = ["https://near/"]
    (download,) = step(context.plan(split), "train").downloads
    assert download.urls == ("https://near/", url("train"), url("copy"))


def test_a_plan_fetches_nothing_and_writes_nothing(context, memory):
    context.plan(split)
    assert memory.REQUESTS == []
    assert not context.path.exists()


def test_a_plan_adds_the_sizes_that_are_known_and_counts_the_others(context):
    plan = context.plan(split)
    assert (plan.download_size, plan.disk_peak, plan.unknown_sizes) == (5000, 5000, 2)


def test_a_plan_has_what_a_part_needs_alone(context):
    plan = context.plan(split, only=["test"])
    assert [(item.resource, item.status) for item in plan.steps] == [
        ("train", "unneeded"),
        ("test", "missing"),
    ]
    assert [item.urls for item in plan.downloads()] == [(url("test"),)]


def test_what_is_there_is_not_fetched(context, memory):
    memory.CONTENT.update({url("train"): BYTES, url("test"): BYTES})
    context.prepare(split, only=["train"])
    plan = context.plan(split)
    assert (step(plan, "train").status, step(plan, "train").size) == ("complete", 5000)
    assert [item.urls for item in plan.downloads()] == [(url("test"),)]
    assert plan.disk_peak == 0


def test_what_an_earlier_program_left_is_verified_first(context):
    folder = context.folder(split)
    folder.mkdir(parents=True)
    (folder / "train.bin").write_bytes(BYTES)
    assert step(context.plan(split), "train").status == "present"


def test_what_is_missing_has_to_be_fetched_unless_it_is_in_place_or_the_cache(context, memory):
    memory.CONTENT[url("train")] = BYTES
    assert context.plan(split).to_be_fetched() == ["train", "test"]
    CacheFetcher(context, context.path / "work").fetch(Source((url("train"),), size=5000))
    assert context.plan(split).to_be_fetched() == ["test"]
    folder = context.folder(split)
    folder.mkdir(parents=True)
    (folder / "test.bin").write_bytes(BYTES)
    assert context.plan(split).to_be_fetched() == []


def test_what_is_made_from_other_resources_has_not_to_be_fetched(context, memory):
    memory.CONTENT[url("all")] = BYTES

    @dataset(id="org.example.staged")
    class Staged(Dataset):
        ALL = Unpacked(Source((url("all"),)), 300)
        KEPT = FilesCopy(ALL, {"b": "a"})

        def config(self) -> File:
            return File(path=self.KEPT.path)

    @dataset(id="org.example.referring")
    class Referring(Dataset):
        OTHER = NeverReady(Staged)

        def config(self) -> File:
            return self.OTHER.config()

    assert context.plan(Referring).to_be_fetched() == ["ALL"]
    context.prepare(Staged)
    (context.folder(Staged) / "KEPT" / "b").unlink()
    (context.folder(Staged) / "KEPT").rmdir()
    plan = context.plan(Staged)
    assert (step(plan, "KEPT").status, plan.to_be_fetched()) == ("missing", [])
    assert context.plan(Referring).to_be_fetched() == []


@pytest.mark.parametrize("cut", [None, 2000])
def test_bytes_in_the_cache_are_not_fetched_again(context, memory, quick, cut):
    memory.CONTENT[url("train")] = BYTES
    if cut is not None:
        memory.CUT_AFTER[url("train")] = [cut] * 5
    source = Source((url("train"),), size=5000)
    fetcher = CacheFetcher(context, context.path / "work")
    try:
        fetcher.fetch(source)
    except Exception:
        assert cut is not None
    (download,) = step(context.plan(split), "train").downloads
    assert (download.cached, download.remaining) == ((5000, 0) if cut is None else (2000, 3000))


def test_downloads_lie_beside_what_is_made_from_them_until_that_is_done(context):
    @dataset(id="org.example.staged")
    class Staged(Dataset):
        ALL = Unpacked(Source((url("all"),), size=100), 300, transient=True)
        KEPT = FilesCopy(ALL, {"b": "a"})
        OTHER = Unpacked(Source((url("other"),), size=10), 50)

        def config(self) -> File:
            return File(path=self.KEPT.path)

    plan = context.plan(Staged)
    assert [(item.resource, item.stage) for item in plan.steps] == [
        ("ALL", 0),
        ("KEPT", 1),
        ("OTHER", 0),
    ]
    # Both downloads and both folders; the copy's size isn't known.
    assert (plan.disk_peak, plan.unknown_sizes) == (100 + 300 + 10 + 50, 1)


@pytest.fixture
def shared():
    """Give a dataset whose resources have one download, of which one alone tells the size."""

    @dataset(id="org.example.shared")
    class Shared(Dataset):
        FIRST = Unpacked(Source((url("all"),)), 300)
        SECOND = Unpacked(Source((url("all"),), size=100), 300)
        COPY = Copied(SECOND, {"b": "a"})
        LAST = Fetched("last.bin", Source((url("all"),), size=100))
        LAST.after = COPY

        def config(self) -> File:
            return File(path=self.LAST.path)

    return Shared


def test_a_download_that_several_resources_need_is_fetched_once(context, shared):
    plan = context.plan(shared)
    assert [item.urls for item in plan.downloads()] == [(url("all"),)]
    assert (plan.download_size, plan.unknown_sizes) == (100, 0)


def test_a_download_lies_there_until_the_last_resource_that_needs_it_is_made(context, shared):
    assert context.plan(shared).disk_peak == 300 + 300 + 1000 + 100 + 100


def test_the_progress_of_a_preparation_counts_each_file_once(home, memory, shared):
    memory.CONTENT[url("all")] = bytes(100)
    told = io.StringIO()
    Context(home / "data", progress=JSONLines(told)).prepare(shared)
    begun = [line for line in map(json.loads, told.getvalue().splitlines()) if "count" in line]
    assert [(line["count"], line["total"]) for line in begun] == [(1, 100)]


def test_a_dataset_that_several_resources_need_is_planned_once(context, shared):
    @dataset(id="org.example.doubly")
    class Doubly(Dataset):
        ONE = NeverReady(shared)
        TWO = NeverReady(shared)

        def config(self) -> File:
            return File(path=self.ONE.prepare().path)

    plan, once = context.plan(Doubly), context.plan(shared)
    assert (plan.download_size, plan.disk_peak) == (once.download_size, once.disk_peak)


def test_downloads_that_are_kept_count_to_the_end(context):
    @dataset(id="org.example.staged")
    class Staged(Dataset):
        FIRST = Unpacked(Source((url("all"),), size=100), 300)
        SECOND = Copied(FIRST, {"b": "a"})

        def config(self) -> File:
            return File(path=self.SECOND.path)

    assert context.plan(Staged).disk_peak == 1300
    assert Context(context.path, keep_downloads=True).plan(Staged).disk_peak == 1400


def test_a_download_that_is_kept_lies_beside_the_file_that_is_stored_as_it_comes(context):
    keeping = Context(context.path, keep_downloads=True)
    assert keeping.plan(split, only=["train"]).disk_peak == 10_000


def test_a_transient_resource_takes_no_room_once_it_is_gone(context):
    @dataset(id="org.example.staged")
    class Staged(Dataset):
        ALL = Unpacked(Source((url("all"),), size=10), 5000, transient=True)
        FIRST = Copied(ALL, {"b": "a"})
        SECOND = Copied(FIRST, {"b": "b"})
        THIRD = Copied(SECOND, {"b": "b"})

        def config(self) -> File:
            return File(path=self.THIRD.path)

    plan = context.plan(Staged)
    assert plan.disk_peak == 6000  # not 8000: ALL is gone when SECOND is made
    assert step(plan, "ALL").transient


def test_a_plan_has_those_of_the_datasets_that_are_prepared_first(context):
    @reference(split, name="other")
    @dataset(id="org.example.referring")
    def referring(other) -> Supervised:
        return other

    plan = context.plan(referring)
    (other,) = step(plan, "other").datasets
    assert other == context.plan(split)
    assert (plan.download_size, plan.disk_peak, plan.unknown_sizes) == (5000, 5000, 2)


def test_a_plan_has_none_of_a_dataset_that_no_wanted_part_needs(context):
    @reference(split, name="other")
    @Fetched("own.bin", Source((url("own"),), size=7), name="own")
    @dataset(id="org.example.referring")
    def referring(own, other) -> Supervised:
        return {"train": File(path=own), "test": other.test}

    plan = context.plan(referring, only=["train"])
    assert step(plan, "other").datasets == ()
    assert plan.download_size == 7


def test_datasets_that_refer_to_one_another_have_no_plan(context):
    @dataset(id="org.example.circle")
    class Circle(Dataset):
        OTHER = NeverReady("placeholder")

        def config(self) -> File:
            return File(path="x")

    Circle.OTHER.target = Circle
    with pytest.raises(DefinitionError, match="refer to one another in a circle"):
        context.plan(Circle)


def test_datasets_that_share_an_id_may_refer_to_one_another(context):
    @dataset(id="org.example.split")
    class Split(Dataset):
        """Has the id of another, as a dataset of another file may"""

        OTHER = reference(split)

        def config(self) -> Supervised:
            return self.OTHER.prepare()

    plan = context.plan(Split)
    (other,) = step(plan, "OTHER").datasets
    assert other == context.plan(split)


def test_a_plan_can_be_told_in_json(context):
    plan = context.plan(split)
    told = json.loads(json.dumps(plan.to_json()))
    assert (told["id"], told["disk_peak"]) == ("org.example.split", 5000)
    assert told["steps"][1] == {
        "resource": "test",
        "status": "missing",
        "path": str(context.folder(split) / "test.bin"),
        "size": None,
        "transient": False,
        "downloads": [{"urls": [url("test")], "size": None, "cached": 0}],
        "datasets": [],
    }


def chain(count, kind=reference):
    """Declare datasets that refer each to the one before, and give the last."""

    @Fetched("a", Source.of(url("a")), name="data")
    @dataset(id="org.example.link0")
    def link(data) -> File:
        return File(path=data)

    for number in range(1, count):

        @kind(link, name="data")
        @dataset(id=f"org.example.link{number}")
        def link(data) -> File:
            return File(path=data.path)

    return link


def test_no_dataset_of_a_chain_is_asked_for_each_that_comes_before_it(context):
    asked = []

    class Asked(reference):
        def is_ready(self):
            asked.append(self.dataset.id)
            return super().is_ready()

    plan = context.plan(chain(10, Asked))
    assert [download.urls for download in plan.downloads()] == [(url("a"),)]
    assert max(Counter(asked).values()) <= 2  # for its own plan, and for that before it


@pytest.mark.parametrize("ask", [Context.plan, Context.missing, Context.prepare])
def test_a_chain_that_is_too_long_for_python_is_refused(context, ask):
    with pytest.raises(DefinitionError, match="50 at the most"):
        ask(context, chain(51))


def test_the_longest_chain_is_planned(context):
    assert len(context.plan(chain(50)).to_be_fetched()) == 1
