"""MNIST with the bytes of the real files, as far as the folder of real files has them."""

import gzip
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset
from datamaestro.errors import DownloadError
from datamaestro_image.config.com.lecun import MNIST
from datamaestro_image.data import LabelledImages

HOST = "ossci-datasets.s3.amazonaws.com/mnist"


def plain(mirror_folder: Path, name: str) -> bytes:
    return gzip.decompress((mirror_folder / HOST / name).read_bytes())


@pytest.fixture
def half_of_mnist():
    """Declare the half of MNIST whose files are there."""

    @dataset(id="com.lecun.mnist.half")
    def half(test_images: Path, test_labels: Path) -> LabelledImages:
        """The images of MNIST to test with"""
        return LabelledImages(images=IDX(path=test_images), labels=IDX(path=test_labels))

    half.add_resource(MNIST.resources["test_labels"])
    half.add_resource(MNIST.resources["test_images"])
    return half


def test_the_test_split_of_mnist_holds_what_the_published_files_do(
    site_mirror, mirror_folder, loopback_context, half_of_mnist
):
    value = loopback_context.prepare(half_of_mnist)
    images = plain(mirror_folder, "t10k-images-idx3-ubyte.gz")
    labels = plain(mirror_folder, "t10k-labels-idx1-ubyte.gz")
    assert value.images.data().shape == (10000, 28, 28)
    assert value.images.data().dtype == np.uint8
    assert value.images.data().tobytes() == images[16:]
    assert value.labels.data().tolist() == list(labels[8:])


def test_a_second_preparation_opens_no_connection(site_mirror, loopback_context, half_of_mnist):
    loopback_context.prepare(half_of_mnist)
    asked = len(site_mirror.requests)
    loopback_context.prepare(half_of_mnist)
    assert asked == len(site_mirror.requests) == 2


def test_files_that_an_earlier_program_decompressed_are_adopted(
    site_mirror, mirror_folder, loopback_context, half_of_mnist
):
    folder = loopback_context.folder(half_of_mnist)
    folder.mkdir(parents=True)
    for kind in ("images-idx3", "labels-idx1"):
        name = f"test_{kind.partition('-')[0]}.idx"
        (folder / name).write_bytes(plain(mirror_folder, f"t10k-{kind}-ubyte.gz"))
    value = loopback_context.prepare(half_of_mnist)
    assert len(value.labels.data()) == 10000
    assert {request.headers.get("range") for request in site_mirror.requests} == {
        "bytes=1648869-",
        "bytes=4534-",
    }


def test_the_missing_training_images_are_an_error_that_names_every_source(
    site_mirror, loopback_context
):
    with pytest.raises(DownloadError) as caught:
        loopback_context.prepare("com.lecun.mnist")
    for host in (
        f"{site_mirror.url()}/{HOST}",
        HOST,
        "storage.googleapis.com/cvdf-datasets/mnist",
        "yann.lecun.com/exdb/mnist",
    ):
        assert f"{host}/train-images-idx3-ubyte.gz" in str(caught.value)
    folder = loopback_context.folder("com.lecun.mnist")
    assert not (folder / "train_images.idx").exists()
    assert loopback_context.missing("com.lecun.mnist")[0] == "train_images"


@pytest.mark.parametrize("name", ["small1", "small2"])
def test_the_small_sets_of_omniglot_are_what_unzip_gives(
    site_mirror, mirror_folder, loopback_context, name
):
    value = loopback_context.prepare(f"com.github.brendenlake.omniglot.{name}")
    archive = next(mirror_folder.rglob(f"images_background_{name}.zip"))
    with ZipFile(archive) as published:
        files = {
            entry.filename.partition("/")[2]: published.read(entry)
            for entry in published.infolist()
            if not entry.is_dir()
        }
    found = {path.relative_to(value.path).as_posix(): path.read_bytes() for path, _ in value}
    assert found == files
    assert value.classes == sorted({name.rpartition("/")[0] for name in files})
    asked = len(site_mirror.requests)
    assert loopback_context.prepare(f"com.github.brendenlake.omniglot.{name}") == value
    assert asked == len(site_mirror.requests) == 1
