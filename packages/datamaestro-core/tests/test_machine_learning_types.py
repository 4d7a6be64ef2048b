"""Data types of machine learning: files by class, and splits."""

import pickle
import sys
from pathlib import Path

import as_on_windows
import pytest

from datamaestro.data import File
from datamaestro.data.ml import FolderBased, Supervised
from datamaestro.data.optional import required
from datamaestro.errors import DataDirectoryError, ParameterError


@pytest.fixture
def pets(tmp_path):
    for name in ("dog/b.png", "dog/a.png", "cat/deep/x.png", "cat/.hidden", "cat/a.png"):
        path = tmp_path / "pets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return FolderBased(path=tmp_path / "pets", classes=["dog", "cat"])


def test_files_come_class_by_class_in_the_order_of_their_names(pets):
    found = [(path.relative_to(pets.path).as_posix(), label) for path, label in pets]
    assert found == [("dog/a.png", 0), ("dog/b.png", 0), ("cat/a.png", 1), ("cat/deep/x.png", 1)]


def test_their_order_is_the_same_where_paths_are_compared_without_case(pets, monkeypatch):
    (pets.path / "dog" / "Z.png").touch()
    as_on_windows.compare_without_case(monkeypatch)
    assert [path.name for path, label in pets if label == 0] == ["Z.png", "a.png", "b.png"]


def test_files_are_counted(pets):
    assert len(pets) == 4


def test_a_class_without_a_folder_is_an_error(pets):
    with pytest.raises(DataDirectoryError, match="no folder for a class"):
        list(FolderBased(path=pets.path, classes=["dog", "bird"]))


@pytest.mark.parametrize(
    ("classes", "wrong"),
    [
        (["cat", "cat"], "cat"),
        (["cat", "cat/"], "cat"),
        (["dog", "dog/puppy"], "dog"),
        (["a/b/c", "cat", "a"], "a"),
        (["cat", "."], "."),
        ([""], ""),
        (["../dog"], "../dog"),
        (["cat/../dog"], "cat/../dog"),
        (["/pets/dog"], "/pets/dog"),
    ],
)
def test_classes_have_no_file_in_common_and_none_elsewhere(tmp_path, classes, wrong):
    with pytest.raises(ParameterError, match="classes") as caught:
        FolderBased(path=tmp_path, classes=classes)
    assert caught.value.found == repr(wrong)


def test_classes_may_be_deeper_folders(pets):
    deeper = FolderBased(path=pets.path, classes=["cat/deep", "dog"])
    assert [path.name for path, label in deeper if label == 0] == ["x.png"]


def test_arrays_hold_paths_and_labels(pets):
    pytest.importorskip("numpy")
    paths, labels = pets.numpy()
    assert [Path(path).name for path in paths] == ["a.png", "b.png", "a.png", "x.png"]
    assert (labels.tolist(), labels.dtype) == ([0, 0, 1, 1], "int64")


class Walked(FolderBased):
    """Counts how often its folders are gone through."""

    def __iter__(self):
        self.__dict__["walks"] = self.__dict__.get("walks", 0) + 1
        return super().__iter__()


def test_folders_are_gone_through_once_for_arrays(pets):
    pytest.importorskip("numpy")
    folders = Walked(path=pets.path, classes=pets.classes)
    folders.numpy()
    assert folders.walks == 1


def read_text(path):
    return path.read_text()


def test_a_dataset_for_pytorch_loads_files_by_number(pets):
    pytest.importorskip("torch")
    view = pickle.loads(pickle.dumps(pets.torch(load=read_text)))
    assert (len(view), view[2]) == (4, ("cat/a.png", 1))
    assert pets.torch()[0] == (str(pets.path / "dog" / "a.png"), 0)


def test_a_loader_of_pytorch_takes_the_dataset(pets):
    loading = pytest.importorskip("torch.utils.data")
    ((texts, labels),) = loading.DataLoader(pets.torch(load=read_text), batch_size=4)
    assert labels.tolist() == [0, 0, 1, 1]
    assert texts[0] == "dog/a.png"


def test_a_split_has_the_classes_of_what_is_learned_from(pets):
    assert Supervised(train=pets).classes == ["dog", "cat"]


def test_a_split_knows_its_parts(pets):
    assert list(Supervised(train=pets, test=pets).parts()) == ["train", "test"]


def test_a_split_gives_each_part_as_arrays(pets):
    pytest.importorskip("numpy")
    _, labels = Supervised(train=pets, test=pets).numpy()["test"]
    assert labels.tolist() == [0, 0, 1, 1]


def test_a_split_whose_parts_have_no_classes_says_so():
    with pytest.raises(AttributeError, match="File has no attribute 'classes'"):
        _ = Supervised(train=File(path=Path("x"))).classes


def test_a_library_that_is_missing_is_named_with_what_to_install():
    with pytest.raises(ImportError, match="pip install nothing-of-that-name"):
        required("nothing_of_that_name.part", "nothing-of-that-name")


def test_what_a_library_itself_misses_is_not_hidden(site_packages):
    (site_packages / "half_a_library.py").write_text("import its_missing_half")
    with pytest.raises(ModuleNotFoundError, match="its_missing_half"):
        required("half_a_library")
    assert "half_a_library" not in sys.modules
