"""The datasets of the repository ``image``, by what they declare."""

import copy
import gzip
from zipfile import ZipFile

import numpy as np
import pytest

from datamaestro.catalog.entry import Entry
from datamaestro.data.tensor import IDX
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download import Source
from datamaestro.testing import RepositoryContract
from datamaestro_format_idx import write_idx
from datamaestro_image import Repository
from datamaestro_image.config.gov.nist.emnist import EMNIST
from datamaestro_image.data import AnnotatedImages, ImageClassification

EMNIST_SPLITS = ["byclass", "bymerge", "balanced", "letters", "digits", "mnist"]
LICENCES = {
    "com.github.facebookresearch.qmnist": "BSD-3-Clause",
    "com.github.zalandoresearch.fashion-mnist": "MIT",
    "com.lecun.mnist": "CC-BY-SA-3.0",
    "jp.ac.rois.codh.kmnist": "CC-BY-SA-4.0",
}
OF_MNIST_FORM = sorted(LICENCES)
OMNIGLOT = [
    "com.github.brendenlake.omniglot",
    "com.github.brendenlake.omniglot.small1",
    "com.github.brendenlake.omniglot.small2",
]
ALL = sorted(
    [
        *OF_MNIST_FORM,
        *OMNIGLOT,
        "gov.nist.emnist",
        *(f"gov.nist.emnist.{split}" for split in EMNIST_SPLITS),
    ]
)


class TestImage(RepositoryContract):
    repository = Repository
    unverified = {
        "com.github.facebookresearch.qmnist": "nobody states the sizes of its two files of images"
    }


@pytest.fixture
def repository(context):
    return context.repository("image")


def fill(tensor, shape, dtype="uint8"):
    """Write a tensor of zeros where a value expects one."""
    tensor.path.parent.mkdir(parents=True, exist_ok=True)
    write_idx(tensor.path, np.zeros(shape, dtype))


def test_the_repository_holds_these_datasets_each_once(repository):
    assert sorted(definition.id for definition in repository) == ALL
    assert repository.broken == {}


@pytest.mark.parametrize("dataset_id", ALL)
def test_a_dataset_tells_what_it_is(context, dataset_id):
    entry = Entry.of(context.dataset(dataset_id))
    assert entry.name
    assert len(entry.description) > 40
    assert entry.url.startswith("http")
    assert entry.licence
    assert "images" in entry.tags
    assert {"grayscale", "binary"} & set(entry.tags)
    assert "image classification" in entry.tasks


@pytest.mark.parametrize(("dataset_id", "licence"), LICENCES.items())
def test_the_licence_is_the_one_that_the_publisher_gives(context, dataset_id, licence):
    assert context.dataset(dataset_id).licence == licence


@pytest.mark.parametrize("dataset_id", OF_MNIST_FORM)
def test_a_dataset_in_the_form_of_mnist_has_four_files(context, dataset_id):
    value = context.get(dataset_id)
    assert type(value) is ImageClassification
    names = [value.train.images.path.name, value.test.images.path.name]
    assert names == ["train_images.idx", "test_images.idx"]
    assert value.id == dataset_id
    assert value.train.id == f"{dataset_id}.train"
    assert value.validation is None


@pytest.mark.parametrize("dataset_id", OF_MNIST_FORM)
def test_images_to_learn_from_and_to_test_with_are_not_exchanged(context, dataset_id):
    for file in Entry.of(context.dataset(dataset_id)).files:
        part, kind = file.resource.split("_")
        for url in file.urls:
            assert kind in url
            assert ("train" in url.rpartition("/")[2]) == (part == "train")


def test_mnist_is_asked_for_where_it_still_is_before_its_first_home(context):
    for file in Entry.of(context.dataset("com.lecun.mnist")).files:
        assert file.urls[0].startswith("https://ossci-datasets.s3.amazonaws.com/mnist/")
        assert file.urls[-1].startswith("http://yann.lecun.com/exdb/mnist/")


def test_mnist_gives_arrays_of_the_documented_shapes(context):
    value = context.get("com.lecun.mnist")
    fill(value.train.images, (60000, 28, 28))
    fill(value.train.labels, (60000,))
    assert value.train.images.data().shape == (60000, 28, 28)
    assert value.train.images.data().dtype == np.uint8
    assert value.train.labels.data().shape == (60000,)


def test_qmnist_gives_the_class_as_label_and_all_else_as_annotations(context):
    value = context.get("com.github.facebookresearch.qmnist")
    assert isinstance(value.train, AnnotatedImages)
    table = np.arange(24).reshape(3, 8) + 70000
    value.test.annotations.path.parent.mkdir(parents=True)
    write_idx(value.test.annotations.path, table, "int32")
    assert value.test.labels.data().tolist() == table[:, 0].tolist()
    assert value.test.annotations.data().tolist() == table.tolist()
    assert value.test.columns[0] == "class"
    assert len(value.test.columns) == table.shape[1]


def test_the_archive_of_emnist_is_fetched_by_one_dataset_alone(context):
    resources = {
        split: context.dataset(f"gov.nist.emnist.{split}").ordered_resources()
        for split in EMNIST_SPLITS
    }
    whole = context.dataset("gov.nist.emnist")
    for own in resources.values():
        assert [resource.target for resource in own] == [whole]
        assert [source for resource in own for source in resource.sources] == []
    (archive,) = Entry.of(whole).files
    assert archive.size == 561753746


@pytest.mark.parametrize("split", EMNIST_SPLITS)
def test_a_split_of_emnist_is_a_part_of_the_whole(context, split):
    whole = context.get("gov.nist.emnist")
    value = context.get(f"gov.nist.emnist.{split}")
    assert isinstance(whole, EMNIST)
    assert value == getattr(whole, split)
    assert value.id == f"gov.nist.emnist.{split}"
    for part in ("train", "test"):
        for kind, tensor in (
            ("images-idx3", getattr(value, part).images.stored),
            ("labels-idx1", getattr(value, part).labels),
        ):
            assert isinstance(tensor, IDX)
            assert tensor.path.name == f"emnist-{split}-{part}-{kind}-ubyte.gz"
            assert tensor.path.parent == context.folder("gov.nist.emnist") / "gzip"


def test_images_of_emnist_are_upright(context):
    images = context.get("gov.nist.emnist.letters").train.images
    bar = np.zeros((2, 28, 28))
    bar[:, 3, :] = 255  # stored as a row, so that it is a column of the image
    path = images.stored.path
    path.parent.mkdir(parents=True)
    write_idx(path.with_suffix(".plain"), bar, "uint8")
    path.write_bytes(gzip.compress(path.with_suffix(".plain").read_bytes()))
    assert images.data()[0, :, 3].tolist() == [255] * 28
    assert images.data()[0].sum() == 255 * 28


def test_all_parts_of_emnist_come_from_one_archive(loopback_context, file_server, tmp_path):
    with ZipFile(tmp_path / "gzip.zip", "w") as archive:
        for split in EMNIST_SPLITS:
            for part in ("train", "test"):
                for kind, shape in (("images-idx3", (2, 28, 28)), ("labels-idx1", (2,))):
                    write_idx(tmp_path / "plain", np.zeros(shape), "uint8")
                    archive.writestr(
                        f"gzip/emnist-{split}-{part}-{kind}-ubyte.gz",
                        gzip.compress((tmp_path / "plain").read_bytes()),
                    )
    file_server.files["/gzip.zip"] = (tmp_path / "gzip.zip").read_bytes()
    declared = loopback_context.dataset("gov.nist.emnist")
    small = DatasetDefinition(declared.target, declared.location, id="gov.nist.small", type=EMNIST)
    archive = copy.copy(declared.resources["gzip"])
    archive.source = Source.of(file_server.url("/gzip.zip"))
    small.add_resource(archive)
    value = loopback_context.prepare(small)
    for split in EMNIST_SPLITS:
        part = getattr(value, split)
        assert part.train.images.data().shape == part.test.images.data().shape == (2, 28, 28)
        assert part.train.labels.data().shape == part.test.labels.data().shape == (2,)
    assert len(file_server.requests) == 1


@pytest.mark.parametrize("dataset_id", OF_MNIST_FORM)
def test_the_images_to_test_with_need_no_others(context, dataset_id):
    assert context.missing(f"image:{dataset_id}.test") == ["test_images", "test_labels"]
