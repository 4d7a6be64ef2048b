"""Hooks of datasets: called before their data are fetched, and before they are used."""

import copy

import pytest

from datamaestro.data import File
from datamaestro.definitions import AbstractDataset, Dataset, DatasetDefinition, dataset, hook
from datamaestro.download import FileResource, reference
from datamaestro.errors import DefinitionError
from datamaestro.preparation.operations import remake

CALLS: list[str] = []


class Made(FileResource):
    def _download(self, destination):
        CALLS.append(f"fetch {self.dataset.id}")
        destination.write_text("made")


@hook("pre-download")
def announce(dataset, *words):
    CALLS.append(" ".join(["pre-download", dataset.id, *words]))


@hook("pre-use")
def note(dataset: AbstractDataset, *, word="used"):
    CALLS.append(f"pre-use {dataset.id} {word}")


@announce("takes", "long")
@note(word="again")
@dataset(id="org.example.hooked")
class Hooked(Dataset):
    """A dataset with hooks"""

    DATA = Made("data.txt")

    def config(self) -> File:
        CALLS.append("config")
        return File(path=self.DATA.path)


@pytest.fixture(autouse=True)
def no_calls():
    CALLS.clear()


def test_hooks_come_before_anything_is_fetched(context):
    context.prepare(Hooked)
    assert CALLS == [
        "pre-use org.example.hooked again",
        "pre-download org.example.hooked takes long",
        "fetch org.example.hooked",
        "config",
    ]


@pytest.mark.parametrize("name", ["pre-use", "pre-download"])
@pytest.mark.parametrize("failure", [ValueError("not today"), SystemExit("not today")])
def test_an_error_of_a_hook_tells_whose_it_is(context, name, failure):
    @hook(name)
    def refuse(dataset):
        raise failure

    @refuse()
    @Made("data.txt")
    @dataset(File, id="org.example.refused")
    def refused(data):
        return {"path": data}

    with pytest.raises((ValueError, DefinitionError)) as caught:
        context.prepare(refused)
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert f"calling the {name} hook" in told
    assert "dataset org.example.refused" in told
    assert CALLS == []


def test_what_is_there_is_used_without_a_download(context):
    context.prepare(Hooked)
    CALLS.clear()
    context.prepare(Hooked)
    assert CALLS == ["pre-use org.example.hooked again", "config"]


def test_hooks_come_before_something_is_fetched_again_too(context):
    context.prepare(Hooked)
    CALLS.clear()
    remake(Hooked.__dataset__, context, {"data.txt"})
    assert CALLS == [
        "pre-use org.example.hooked again",
        "pre-download org.example.hooked takes long",
        "fetch org.example.hooked",
    ]


def test_a_value_that_is_not_fetched_is_used(context):
    context.get(Hooked)
    assert CALLS == ["pre-use org.example.hooked again", "config"]


def test_looking_what_is_missing_uses_nothing(context):
    assert context.missing(Hooked) == ["DATA"]
    assert CALLS == []


def test_a_function_has_hooks_too(context):
    @note()
    @Made("data.txt")
    @dataset(File, id="org.example.function")
    def function(data):
        """A function with a hook"""
        return {"path": data}

    context.prepare(function)
    assert CALLS == ["pre-use org.example.function used", "fetch org.example.function"]


def test_a_dataset_that_is_referred_to_is_used_first_and_once(context):
    @note()
    @dataset(id="org.example.referring")
    class Referring(Dataset):
        """Refers to a dataset with hooks, twice"""

        OWN = Made("own.txt")
        FIRST = reference(Hooked)
        SECOND = reference(Hooked)

        def config(self) -> File:
            return self.FIRST.config()

    context.prepare(Referring)
    assert [call for call in CALLS if call != "config"] == [
        "pre-use org.example.hooked again",
        "pre-use org.example.referring used",
        "fetch org.example.referring",
        "pre-download org.example.hooked takes long",
        "fetch org.example.hooked",
    ]


def test_a_circle_of_references_is_told_before_anything_is_fetched(context, tmp_path, monkeypatch):
    circle = """
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, reference

class Made(FileResource):
    def _download(self, destination):
        raise AssertionError("fetched")

@dataset(id="org.example.one")
class One(Dataset):
    OWN = Made("own.txt")
    NEXT = reference("circle.py:Two")
    def config(self) -> File: ...

@dataset(id="org.example.two")
class Two(Dataset):
    NEXT = reference("circle.py:One")
    def config(self) -> File: ...
"""
    (tmp_path / "circle.py").write_text(circle, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DefinitionError, match="in a circle") as caught:
        context.prepare("circle.py:One")
    assert "org.example.one → org.example.two → org.example.one" in str(caught.value)
    assert caught.value.where.startswith(str(tmp_path / "circle.py"))


def test_a_hook_knows_the_context_and_the_folder(context):
    seen = []

    @hook("pre-use")
    def look(dataset):
        seen.append((dataset.context, dataset.folder, dataset.definition, dataset.url))

    @look()
    @dataset(File, id="org.example.seen", url="https://example.org")
    def seen_dataset():
        """Seen"""
        return {"path": "x"}

    context.get(seen_dataset)
    folder = context.folder(seen_dataset)
    assert seen == [(context, folder, seen_dataset, "https://example.org")]


def test_an_exception_of_a_hook_prevents_the_rest(context):
    @hook("pre-download")
    def refuse(dataset):
        raise RuntimeError("not today")

    @refuse()
    @Made("data.txt")
    @dataset(File, id="org.example.refused")
    def refused(data):
        """Refused"""
        return {"path": data}

    with pytest.raises(RuntimeError, match="not today"):
        context.prepare(refused)
    assert CALLS == []


def test_an_unknown_hook_is_an_error():
    with pytest.raises(DefinitionError, match="expected pre-use or pre-download") as caught:
        hook("post-use")
    assert caught.value.where.startswith(f"{__file__}:")


def test_a_hook_decorates_a_dataset():
    with pytest.raises(DefinitionError, match="expected @dataset below it"):
        note()(File)


def test_version_1_calls_a_definition_an_abstract_dataset():
    assert AbstractDataset is DatasetDefinition


def test_what_a_hook_gets_can_be_copied(context):
    seen = []

    @hook("pre-use")
    def keep(dataset):
        seen.append(copy.copy(dataset))

    @keep()
    @dataset(id="org.example.kept")
    class Kept(Dataset):
        def config(self) -> File:
            return File(path="x")

    context.prepare(Kept)
    assert seen[0].id == "org.example.kept"


def test_a_hook_may_prepare_its_own_dataset(context):
    @hook("pre-use")
    def look(dataset):
        CALLS.append("look")
        CALLS.append(dataset.context.prepare(looked_at).path.read_text())

    @look()
    @Made("data.txt")
    @dataset(File, id="org.example.looked")
    def looked_at(data):
        return {"path": data}

    context.prepare(looked_at)
    assert CALLS == ["look", "fetch org.example.looked", "made"]
