"""Mock data: small synthetic files, from a definition alone."""

import sys

import pytest

from datamaestro.data import Base, File, Folder, Param
from datamaestro.data.ml import FolderBased
from datamaestro.errors import DataDirectoryError, DefinitionError, NotFoundError
from datamaestro.testing import MockContext, Sampling, exercise, write_distribution

DEFINITIONS = """
from pathlib import Path

from datamaestro.data import Base, File, Folder, Generic, Param
from datamaestro.data.ml import FolderBased
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, FilesCopy, FolderResource, ValueResource, reference
from datamaestro.variants import AxesVariants, Axis


class Online(FileResource):
    def _download(self, destination):
        raise AssertionError("nothing is downloaded")


class OnlineFolder(FolderResource):
    def _download(self, destination):
        raise AssertionError("nothing is downloaded")


class Elsewhere(ValueResource):
    @property
    def path(self):
        raise AssertionError("only its user has it")

    def prepare(self):
        return self.path


class Corpus(Base):
    texts: Param[dict[str, File]]
    pets: Param[FolderBased]


@dataset(id="org.example.corpus")
class corpus(Dataset):
    TEXTS = OnlineFolder()
    PETS = OnlineFolder()
    README = Online("README")

    def config(self) -> Corpus:
        texts = {name: File(path=self.TEXTS.path / "deep" / name) for name in ("a", "b")}
        return Corpus(texts=texts, pets=FolderBased(path=self.PETS.path, classes=["cat", "dog"]))


@reference(corpus, name="whole")
@dataset(id="org.example.part")
def part(whole) -> File:
    return whole.texts["a"]


@dataset(id="org.example.kept")
class kept(Dataset):
    WHOLE = OnlineFolder(transient=True)
    KEPT = FilesCopy(WHOLE, {"a.txt": "deep/a.txt"})

    def config(self) -> File:
        return File(path=self.KEPT.path / "a.txt")


@Elsewhere("mine")
@dataset(id="org.example.linked")
def linked(mine) -> Folder:
    return Folder(path=mine)


@Online("{lang}.txt", name="text")
@dataset(
    id="org.example.spoken",
    variants=AxesVariants(lang=Axis(["fr", "en"]), long=Axis(type=bool, default=False)),
)
def spoken(text, long) -> File:
    return File(path=text)


@Online("a.txt", name="a")
@dataset(id="org.example.wrong")
def wrong(a) -> File:
    return File(path=a.with_name("b.txt"))
"""


@pytest.fixture
def declared(definitions):
    return definitions(DEFINITIONS)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".state.json"
    }


def test_every_file_that_a_value_names_is_there(mock_context, declared):
    value = mock_context.prepare(declared.corpus)
    exercise(value)
    assert len(value.pets) == 24
    folder = mock_context.folder(declared.corpus)
    assert len(list((folder / "TEXTS" / "deep").iterdir())) == 2
    assert value.texts["a"].path.read_text(encoding="utf-8").count("\n") == 12


def test_a_part_is_given_as_it_is_elsewhere(mock_context, declared, tmp_path):
    file = tmp_path / "corpora.py"
    file.write_text(DEFINITIONS, encoding="utf-8")
    text = mock_context.prepare(f"{file}:corpus.texts.a")
    assert text.id == "org.example.corpus.texts.a"
    assert text.path.is_file()
    with pytest.raises(NotFoundError, match="has no part 'pest'"):
        mock_context.prepare(f"{file}:corpus.pest")
    with pytest.raises(NotFoundError, match="has no part 'pest'"):
        mock_context.prepare(declared.corpus, only=["pest"])


def test_a_resource_that_no_value_reads_is_there_too(mock_context, declared):
    mock_context.prepare(declared.corpus)
    assert (mock_context.folder(declared.corpus) / "README").is_file()
    assert mock_context.missing(declared.corpus) == []


def test_nothing_but_the_data_is_left(mock_context, declared):
    mock_context.prepare(declared.corpus)
    names = {path.name for path in mock_context.folder(declared.corpus).iterdir()}
    assert names == {"TEXTS", "PETS", "README", ".state.json"}


def test_mock_data_are_the_same_each_time_and_others_for_another_seed(home, declared):
    first, second, other = (
        MockContext(home / name, seed=seed) for name, seed in (("1", 0), ("2", 0), ("3", 1))
    )
    for context in (first, second, other):
        context.prepare(declared.corpus)
    assert contents(first.path) == contents(second.path)
    assert contents(first.path) != contents(other.path)


def test_what_is_there_is_not_made_again(mock_context, declared):
    value = mock_context.prepare(declared.corpus)
    value.texts["a"].path.write_text("mine", encoding="utf-8")
    assert mock_context.prepare(declared.corpus) == value
    assert value.texts["a"].path.read_text(encoding="utf-8") == "mine"


def test_a_value_may_be_asked_for_without_its_data(mock_context, declared):
    value = mock_context.prepare(declared.corpus, download=False)
    assert not value.texts["a"].path.exists()


def test_a_dataset_that_another_refers_to_is_made_first(mock_context, declared):
    value = mock_context.prepare(declared.part)
    assert value.path.is_file()
    assert value.path.is_relative_to(mock_context.folder(declared.corpus))


def test_files_that_are_copied_from_others_are_there(mock_context, declared):
    assert mock_context.prepare(declared.kept).path.read_text(encoding="utf-8")


def test_each_variant_has_data_of_its_own(mock_context, declared):
    french, english = (
        mock_context.prepare(declared.spoken.for_variant({"lang": lang})) for lang in ("fr", "en")
    )
    assert (french.path.name, english.path.name) == ("fr.txt", "en.txt")
    assert french.path.parent != english.path.parent
    assert french.path.read_bytes() != english.path.read_bytes()


def test_what_users_have_elsewhere_is_in_the_folder_of_mock_data(mock_context, declared):
    value = mock_context.prepare(declared.linked)
    assert value.path == mock_context.folder(declared.linked) / "mine"
    assert len(list(value.path.iterdir())) == 12
    assert mock_context.prepare(declared.linked) == value


def test_a_file_that_no_resource_makes_is_an_error_with_file_and_line(mock_context, declared):
    message = r"example_definitions\.py:\d+: dataset org\.example\.wrong: its value reads 'b\.txt'"
    with pytest.raises(DefinitionError, match=message):
        mock_context.prepare(declared.wrong)


def test_mock_data_never_mix_with_real_ones(home):
    (home / "real" / "data").mkdir(parents=True)
    with pytest.raises(DataDirectoryError, match="doesn't mix with real data"):
        MockContext(home / "real")
    assert list((home / "real").iterdir()) == [home / "real" / "data"]


def test_a_data_type_has_the_samples_of_the_one_that_it_derives_from(home):
    class Numbers(File):
        start: Param[int] = 0

    class Even(Numbers):
        pass

    def write(value, sampling):
        value.path.write_text(f"{value.start} {sampling.rows}", encoding="utf-8")

    sampling = Sampling({Numbers: write}, rows=3)
    value = Even(path=home / "folder" / "numbers", start=7)
    sampling.write(value)
    assert value.path.read_text(encoding="utf-8") == "7 3"


def test_an_owner_tells_more_about_its_parts_than_they_know(home):
    class Table(File):
        pass

    class Pair(Base):
        first: Param[Table]
        second: Param[Table]

    def write_table(value, sampling):
        value.path.write_text(str(sampling.shape), encoding="utf-8")

    def write_pair(value, sampling):
        sampling.write(value.second, shape=(sampling.rows, 2))

    pair = Pair(first=Table(path=home / "1"), second=Table(path=home / "2"))
    Sampling({Base: lambda value, sampling: None, Table: write_table, Pair: write_pair}).write(pair)
    assert (home / "1").read_text() == "None"
    assert (home / "2").read_text() == "(12, 2)"


HANDLER = """
from datamaestro.download import FileResource, Source
from datamaestro.plugins import HandlerSpec, hookimpl


class Reversed(FileResource):
    @property
    def sources(self):
        return (Source.of("https://example.org/reversed", size=3, sha256="0" * 64),)

    def _download(self, destination):
        destination.write_bytes(self.fetch(self.sources[0]).read_bytes()[::-1])


def pack(resource, path):
    return [path.read_bytes()[::-1]]


@hookimpl
def datamaestro_handlers():
    yield HandlerSpec("reversed", "reversed_handler:Reversed", pack="reversed_handler:pack")
"""

REVERSED = """
from datamaestro.data import File
from datamaestro.definitions import dataset
from reversed_handler import Reversed


@Reversed("text.txt")
@dataset(id="org.example.reversed")
def reversed_text(text) -> File:
    return File(path=text)
"""


def test_a_handler_makes_mock_data_of_what_it_would_download(
    site_packages, mock_context, definitions
):
    write_distribution(
        site_packages,
        "reversed-handler",
        files={"reversed_handler.py": HANDLER},
        entry_points={"datamaestro": {"reversed": "reversed_handler"}},
    )
    value = mock_context.prepare(definitions(REVERSED, "reversed_definitions").reversed_text)
    assert value.path.read_text(encoding="utf-8").endswith("\n")
    sys.modules.pop("reversed_handler")


def test_a_length_that_is_not_the_number_of_items_is_noticed():
    class Wrong(Base):
        def __len__(self):
            return 3

        def __iter__(self):
            return iter("ab")

    with pytest.raises(AssertionError, match="has length 3 and 2 items"):
        exercise(Wrong())


def test_folders_have_samples_of_their_own(home):
    context = MockContext(home / "mock")
    from datamaestro.testing.samples import samplers

    sampling = Sampling(samplers(context.plugins))
    folder = Folder(path=home / "folder")
    sampling.write(folder)
    assert len(list(folder.path.iterdir())) == 12
    classes = FolderBased(path=home / "classes", classes=["a", "b/c"])
    sampling.write(classes)
    assert len(classes) == 24
