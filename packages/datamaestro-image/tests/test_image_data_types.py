"""Data types of datamaestro-image."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from datamaestro.data.tensor import IDX
from datamaestro.errors import DataDirectoryError, DataFormatError, ParameterError
from datamaestro_format_idx import write_idx
from datamaestro_image.data import (
    AnnotatedImages,
    ImageClassification,
    Images,
    ImagesByFolder,
    LabelledImages,
)
from datamaestro_image.views import Column, Transposed


@pytest.fixture
def images(tmp_path: Path) -> IDX:
    """Give five images of two rows and three columns, all pixels different."""
    path = tmp_path / "images.idx"
    write_idx(path, np.arange(5 * 2 * 3).reshape(5, 2, 3), "uint8")
    return IDX(path=path)


@pytest.fixture
def table(tmp_path: Path) -> IDX:
    """Give a table of five rows and eight columns, of the type that QMNIST has."""
    path = tmp_path / "table.idx"
    write_idx(path, np.arange(5 * 8).reshape(5, 8) * 1000, "int32")
    return IDX(path=path)


def test_values_are_built_without_opening_a_file():
    labelled = LabelledImages(images=IDX(path="/no/images"), labels=IDX(path="/no/labels"))
    value = ImageClassification(train=labelled)
    assert value.train.images.path == Path("/no/images")
    assert value.test is None
    with pytest.raises(FileNotFoundError):
        value.train.images.data()


def test_values_are_equal_when_their_parameters_are():
    def value():
        part = LabelledImages(images=IDX(path="images"), labels=IDX(path="labels"))
        return ImageClassification(train=part, test=part)

    assert value() == value()


@pytest.mark.parametrize("parameter", ["train", "validation", "test"])
def test_a_part_of_another_type_is_an_error_that_names_the_parameter(parameter):
    labelled = LabelledImages(images=IDX(path="images"), labels=IDX(path="labels"))
    parts = {"train": labelled, parameter: IDX(path="images")}
    with pytest.raises(ParameterError, match=rf"ImageClassification\.{parameter}.*LabelledImages"):
        ImageClassification(**parts)


def test_images_without_labels_are_no_labelled_images():
    with pytest.raises(ParameterError, match="train"):
        ImageClassification(train=Images(images=IDX(path="images")))


def test_labels_that_are_a_path_are_an_error():
    with pytest.raises(ParameterError, match=r"LabelledImages\.labels.*Tensor"):
        LabelledImages(images=IDX(path="images"), labels=Path("labels"))


@pytest.mark.parametrize("shape", [(4,), (6,), (5, 1), ()])
def test_images_that_have_not_one_label_each_are_an_error(images, tmp_path, shape):
    labels = IDX(path=tmp_path / "labels.idx")
    write_idx(labels.path, np.zeros(shape), "uint8")
    with pytest.raises(DataFormatError, match="not one label for each image") as caught:
        LabelledImages(images=images, labels=labels).numpy()
    assert (caught.value.expected, caught.value.found) == ("shape (5,)", str(shape))
    assert "labels.idx" in caught.value.where


def test_annotated_images_can_stand_for_labelled_ones(images, table):
    annotated = AnnotatedImages(
        images=images,
        labels=Column(table=table, index=0),
        annotations=table,
        columns=list("abcdefgh"),
    )
    value = ImageClassification(train=annotated)
    assert value.train.annotations.shape == (5, len(value.train.columns))


def test_a_column_holds_what_the_table_has_there(table):
    column = Column(table=table, index=3)
    assert column.data().tolist() == [3000, 11000, 19000, 27000, 35000]
    assert column.data().dtype == np.int32
    assert (column.shape, column.dtype, len(column)) == ((5,), np.dtype("int32"), 5)


def test_transposed_images_have_rows_for_columns(images):
    upright = Transposed(stored=images)
    stored = images.data()
    assert upright.shape == upright.data().shape == (5, 3, 2)
    assert upright.dtype == np.uint8
    for before, after in zip(stored, upright.data(), strict=True):
        assert after.tolist() == before.T.tolist()


def test_transposed_colour_images_keep_their_channels(tmp_path):
    write_idx(tmp_path / "colour.idx", np.zeros((4, 2, 3, 5)), "uint8")
    upright = Transposed(stored=IDX(path=tmp_path / "colour.idx"))
    assert upright.shape == upright.data().shape == (4, 3, 2, 5)


def test_transposing_copies_nothing(images):
    upright = Transposed(stored=images).data()
    assert not upright.flags.owndata
    assert not upright.flags.writeable


def test_a_wrong_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "page.idx"
    path.write_text("<!doctype html>")
    with pytest.raises(DataFormatError, match=r"page\.idx"):
        Transposed(stored=IDX(path=path)).data()


@pytest.fixture
def labelled(images, tmp_path):
    write_idx(tmp_path / "labels.idx", np.arange(5), "uint8")
    return LabelledImages(images=images, labels=IDX(path=tmp_path / "labels.idx"))


def test_labelled_images_are_a_pair_of_arrays(labelled):
    images, labels = labelled.numpy()
    assert (images.shape, labels.tolist()) == ((5, 2, 3), [0, 1, 2, 3, 4])


def test_a_split_gives_each_part_as_a_pair_of_arrays(labelled):
    parts = ImageClassification(train=labelled, test=labelled).numpy()
    assert [(name, len(labels)) for name, (_, labels) in parts.items()] == [
        ("train", 5),
        ("test", 5),
    ]


def test_a_loader_of_pytorch_takes_labelled_images(labelled):
    loading = pytest.importorskip("torch.utils.data")
    pairs = pickle.loads(pickle.dumps(labelled.torch()))
    ((images, labels),) = loading.DataLoader(pairs, batch_size=5)
    assert (tuple(images.shape), labels.tolist()) == ((5, 2, 3), [0, 1, 2, 3, 4])
    assert images[1].tolist() == labelled.images.data()[1].tolist()


def test_folders_tell_which_classes_there_are(tmp_path):
    for name in ("Greek/beta/1.png", "Greek/alpha/2.png", "Latin/a/3.png", ".hidden/x/4.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    images = ImagesByFolder(path=tmp_path, depth=2)
    assert images.classes == ["Greek/alpha", "Greek/beta", "Latin/a"]
    assert [path.name for path, _ in images] == ["2.png", "1.png", "3.png"]
    assert (len(images), images.numpy()[1].tolist()) == (3, [0, 1, 2])


@pytest.mark.parametrize("depth", [0, -1])
def test_classes_lie_one_folder_deep_at_least(tmp_path, depth):
    with pytest.raises(ParameterError, match="depth can't be used: expected 1 or more"):
        ImagesByFolder(path=tmp_path, depth=depth)


def test_a_folder_without_classes_is_an_error(tmp_path):
    with pytest.raises(DataDirectoryError, match="no folders of classes"):
        _ = ImagesByFolder(path=tmp_path).classes


@pytest.mark.parametrize(
    ("view", "shape"),
    [
        (lambda tensor: Column(table=tensor, index=0), (5,)),
        (lambda tensor: Column(table=tensor, index=2), (5, 2)),
        (lambda tensor: Column(table=tensor, index=0), (5, 2, 2)),
        (lambda tensor: Transposed(stored=tensor), (5, 2)),
    ],
)
def test_a_tensor_of_another_shape_is_a_wrong_file(tmp_path, view, shape) -> None:
    path = tmp_path / "tensor.idx"
    write_idx(path, np.zeros(shape, "uint8"))
    for look in (lambda tensor: tensor.data(), lambda tensor: tensor.shape):
        with pytest.raises(DataFormatError, match="can't be looked at that way"):
            look(view(IDX(path=path)))
