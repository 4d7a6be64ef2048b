"""Parts of values: which resources they need, and no more than these are made."""

from pathlib import Path
from typing import Any

import pytest

from datamaestro.data import Base, File, Folder, Generic
from datamaestro.data.ml import Supervised
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, ValueResource, reference
from datamaestro.errors import NotFoundError, QueryError
from datamaestro.variants import AxesVariants, Axis


class Text(FileResource):
    """Writes its name."""

    def _download(self, destination):
        destination.write_text(self.name)


class Pair(FolderResource):
    def _download(self, destination):
        destination.mkdir()
        for name in ("train", "test"):
            (destination / name).write_text(name)


class Number(ValueResource):
    def is_ready(self):
        return False

    def prepare(self):
        return 3


@Text("train.txt")
@Text("test.txt")
@dataset(Supervised, id="org.example.split")
def split(train, test):
    """Two files"""
    return {"train": File(path=train), "test": File(path=test)}


def made(context, definition) -> list[str]:
    """Give the names of the files and folders that are there."""
    folder = context.folder(definition)
    return sorted(path.name for path in folder.iterdir() if path.name[0] != ".")


def split_by(function: Any) -> Any:
    """Declare a dataset of two files, whose value a function makes."""
    return Text("train.txt")(Text("test.txt")(dataset(Base, id="org.example.split")(function)))


def test_a_part_fetches_what_it_holds_and_nothing_else(context):
    value = context.prepare(split, only=["test"])
    assert made(context, split) == ["test.txt"]
    assert value.test.path.read_text() == "test"
    assert value.train.path.name == "train.txt"


def test_what_is_missing_of_a_part_can_be_asked(context):
    context.prepare(split, only=["test"])
    assert context.missing(split, only=["test"]) == []
    assert context.missing(split) == ["train"]


def test_the_rest_comes_with_the_whole(context):
    context.prepare(split, only=["test"])
    before = context.get(split).test.path.stat().st_mtime_ns
    context.prepare(split)
    assert made(context, split) == ["test.txt", "train.txt"]
    assert context.get(split).test.path.stat().st_mtime_ns == before


def test_a_part_that_is_not_there_is_told_with_those_that_are(context):
    with pytest.raises(NotFoundError) as raised:
        context.prepare(split, only=["validation"])
    assert raised.value.message == "org.example.split has no part 'validation'"
    assert raised.value.expected == "train, test"
    assert not context.folder(split).exists()


@pytest.mark.parametrize(("only", "expected"), [("test", r"\['test'\]"), ([1], "a list of names")])
def test_something_else_in_the_place_of_several_parts_is_refused(context, only, expected):
    with pytest.raises(QueryError, match=f"expected {expected}"):
        context.prepare(split, only=only)


def test_parts_of_lists_and_mappings_have_their_number_or_key(context):
    def many(train, test) -> Generic:
        return Generic(files={"a": [File(path=train), File(path=test)]})

    definition = split_by(many)
    context.prepare(definition, only=["files.a.1"])
    assert made(context, definition) == ["test.txt"]


def test_a_part_of_a_folder_needs_the_whole_folder(context):
    @Pair("pair")
    @Text("other.txt")
    @dataset(Supervised, id="org.example.folder")
    def folder(pair, other):
        return {"train": File(path=pair / "train"), "test": Folder(path=other.parent)}

    assert context.missing(folder, only=["train"]) == ["pair"]
    assert context.missing(folder, only=["test"]) == ["pair", "other"]


def test_a_part_needs_what_its_resources_are_made_from(context):
    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ALL = Pair(transient=True)
        TRAIN = FilesCopy(ALL, {"a": "train"})
        OTHER = Text("other.txt")

        def config(self) -> Supervised:
            return Supervised(
                train=File(path=self.TRAIN.path / "a"), test=File(path=self.OTHER.path)
            )

    assert context.prepare(Kept, only=["train"]).train.path.read_text() == "train"
    assert made(context, Kept) == ["TRAIN"]
    assert context.missing(Kept) == ["OTHER"]


def test_a_transient_resource_stays_as_long_as_another_part_may_need_it(context):
    @dataset(id="org.example.kept")
    class Kept(Dataset):
        ALL = Pair(transient=True)
        TRAIN = FilesCopy(ALL, {"a": "train"})
        TEST = FilesCopy(ALL, {"a": "test"})

        def config(self) -> Supervised:
            return Supervised(
                train=File(path=self.TRAIN.path / "a"), test=File(path=self.TEST.path / "a")
            )

    context.prepare(Kept, only=["train"])
    assert made(context, Kept) == ["ALL", "TRAIN"]
    context.prepare(Kept)
    assert made(context, Kept) == ["TEST", "TRAIN"]


def test_a_part_that_is_another_dataset_needs_that_alone(context):
    @reference(split, name="train")
    @Text("test.txt")
    @dataset(Supervised, id="org.example.referring")
    def referring(train, test):
        return {"train": train.train, "test": File(path=test)}

    assert context.missing(referring, only=["train"]) == ["train"]
    assert context.missing(referring, only=["test"]) == ["test"]


def test_a_value_that_can_not_be_followed_is_always_needed(context):
    @Number("count")
    @Text("test.txt")
    @Text("other.txt")
    @dataset(Generic, id="org.example.counted")
    def counted(count, test, other):
        return {"size": count, "test": File(path=test), "other": File(path=other)}

    assert context.missing(counted, only=["test"]) == ["count", "test"]
    context.prepare(counted, only=["test"])
    assert made(context, counted) == ["test.txt"]


EAGER = {
    "opens": lambda path: path.read_text(),
    "looks": lambda path: path.exists(),
    "lists": lambda path: list(path.parent.iterdir()),
    "matches": lambda path: sorted(path.parent.glob("*")),
    "opens a copy of the path": lambda path: Path(str(path)).read_text(),
    "hides errors": lambda path: _read_or_none(path),
}


def _read_or_none(path):
    try:
        return path.read_text()
    except Exception:
        return None


@pytest.mark.parametrize("look", EAGER.values(), ids=EAGER)
def test_a_definition_that_looks_at_files_while_it_builds_needs_them_all(context, look):
    def eager(train, test) -> Generic:
        return Generic(size=str(look(train)), test=File(path=test))

    definition = split_by(eager)
    assert context.missing(definition, only=["test"]) == ["train", "test"]
    context.prepare(definition, only=["test"])
    assert made(context, definition) == ["test.txt", "train.txt"]


class Opaque:
    __slots__ = ("path",)

    def __init__(self, path):
        self.path = path


class Plain:
    def __init__(self, path):
        self.path = path
        self.itself = self


@pytest.mark.parametrize(
    ("hold", "expected"),
    [
        (Plain, ["test"]),
        (str, ["test"]),
        (Opaque, ["train", "test"]),
        (lambda path: lambda: path, ["train", "test"]),
    ],
)
def test_a_part_that_can_not_be_looked_through_needs_everything(context, hold, expected):
    def holding(train, test) -> Generic:
        return Generic(train=File(path=train), test=[hold(test)])

    assert context.missing(split_by(holding), only=["test"]) == expected


def test_the_part_of_a_variant_is_a_part_of_that_variant(context):
    @Text("train-{lang}.txt", name="train")
    @Text("test-{lang}.txt", name="test")
    @dataset(
        Supervised, id="org.example.split", variants=AxesVariants(lang=Axis(["fr"], default="fr"))
    )
    def varied(train, test):
        return {"train": File(path=train), "test": File(path=test)}

    context.prepare(varied, only=["test"])
    assert made(context, varied) == ["test-fr.txt"]


# --- by their ids

DEFINITIONS = """
from datamaestro.data import File
from datamaestro.data.ml import Supervised
from datamaestro.definitions import dataset
from datamaestro.download import FileResource

class Text(FileResource):
    def _download(self, destination):
        destination.write_text(self.name)

@Text("train.txt")
@Text("test.txt")
@dataset(Supervised)
def split(train, test):
    return {"train": File(path=train), "test": File(path=test)}

@Text("train.txt")
@dataset(File, id="org.example.split.train")
def shadow(train):
    return {"path": train}
"""


@pytest.fixture
def words(site_packages):
    from datamaestro.testing import write_distribution

    write_distribution(
        site_packages,
        "words",
        files={
            "words/__init__.py": "from datamaestro import Repository\n"
            "class Words(Repository):\n    NAMESPACE = 'words'\n",
            "words/config/__init__.py": "",
            "words/config/org/__init__.py": "",
            "words/config/org/example.py": DEFINITIONS,
        },
        entry_points={"datamaestro.repositories": {"words": "words:Words"}},
    )


def test_an_id_may_name_a_part(words, context):
    test = context.prepare("org.example.split.test")
    assert (test.id, test.path.read_text()) == ("org.example.split.test", "test")
    assert made(context, "org.example.split") == ["test.txt"]
    assert context.get("words:org.example.split.test") == test
    assert context.missing("org.example.split.test") == []
    assert context.folder("org.example.split.test") == context.folder("org.example.split")


def test_the_id_of_a_dataset_wins_over_the_part_of_another(words, context):
    context.prepare("org.example.split.train")
    assert context.folder("org.example.split.train").name == "train"
    assert not (context.folder("org.example.split") / "train.txt").exists()


def test_parts_below_a_part_can_be_wanted(words, context):
    assert context.missing("org.example.split", only=["test.path"]) == ["test"]
    assert context.missing("org.example.split.test", only=["path"]) == ["test"]


def test_an_id_whose_rest_names_no_part_is_told(words, context):
    with pytest.raises(NotFoundError, match="no part 'tset': expected train, test") as raised:
        context.prepare("org.example.split.tset")
    assert raised.value.exit_code == 3


def test_an_id_that_is_nothing_is_told_as_before(words, context):
    with pytest.raises(NotFoundError, match="no installed repository has a dataset"):
        context.prepare("org.nowhere.x")


def test_a_plugin_is_told_what_is_wanted(words, context, monkeypatch):
    requests = []
    monkeypatch.setattr(context.plugins, "prepare", lambda request: requests.append(request))
    context.prepare("org.example.split", only=["test"], download=False)
    assert requests[0].only == ("test",)
