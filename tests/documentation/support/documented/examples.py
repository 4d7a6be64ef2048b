"""What the documentation's examples find on the network and installed.

The network is the loopback site mirror: at ``/HOST/PATH`` it has what
``http://HOST/PATH`` would give.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from functools import cache
from pathlib import Path

from datamaestro.testing import write_distribution

__all__ = ["MNIST", "example_files", "install_example_repository", "mnist_files"]

MNIST = '''\
from datamaestro_image.data import ImageClassification, LabelledImages
from datamaestro.data.tensor import IDX
from datamaestro.download.single import filedownloader
from datamaestro.definitions import dataset


@filedownloader("train_images.idx", "http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz")
@filedownloader("train_labels.idx", "http://yann.lecun.com/exdb/mnist/train-labels-idx1-ubyte.gz")
@filedownloader("test_images.idx", "http://yann.lecun.com/exdb/mnist/t10k-images-idx3-ubyte.gz")
@filedownloader("test_labels.idx", "http://yann.lecun.com/exdb/mnist/t10k-labels-idx1-ubyte.gz")
@dataset(
  ImageClassification,
  url="http://yann.lecun.com/exdb/mnist/",
)
def MNIST(train_images, train_labels, test_images, test_labels):
  """The MNIST database

  The MNIST database of handwritten digits has a training set of 60,000
  examples, and a test set of 10,000 examples. The digits have been
  size-normalized and centered in a fixed-size image.
  """
  return {
    "train": LabelledImages(
      images=IDX(path=train_images),
      labels=IDX(path=train_labels)
    ),
    "test": LabelledImages(
      images=IDX(path=test_images),
      labels=IDX(path=test_labels)
    ),
  }
'''
"""The definition in the overview, as it is written there."""

_PLUGIN = """\
from datamaestro import Repository


class ExampleRepository(Repository):
    NAMESPACE = "example"
    DESCRIPTION = "The definition of the overview"
"""


@cache
def mnist_files() -> dict[str, bytes]:
    """Give files of MNIST's names, shapes and types, by their paths at the site mirror.

    They hold made-up digits: the real ones are no part of the tests.
    """
    shapes = {
        "train-images-idx3-ubyte.gz": (60_000, 28, 28),
        "train-labels-idx1-ubyte.gz": (60_000,),
        "t10k-images-idx3-ubyte.gz": (10_000, 28, 28),
        "t10k-labels-idx1-ubyte.gz": (10_000,),
    }
    return {
        f"/yann.lecun.com/exdb/mnist/{name}": gzip.compress(_idx(shape), compresslevel=1)
        for name, shape in shapes.items()
    }


def _idx(shape: tuple[int, ...]) -> bytes:
    """Give an IDX file of unsigned bytes that count from 0 to 9 again and again."""
    count = 1
    for length in shape:
        count *= length
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 0x08, len(shape), *shape)
    return header + (bytes(range(10)) * (count // 10 + 1))[:count]


def example_files() -> dict[str, bytes]:
    """Give what ``example.org`` serves, by the paths at the site mirror."""
    measures = b"length,width,kind\n5.1,3.5,0\n4.9,3.0,0\n6.3,3.3,1\n"
    reviews = {"reviews/train.txt": b"good\nbad\n", "reviews/test.txt": b"fine\n"}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in reviews.items():
            file.writestr(name, content)
    files = {
        "flowers.csv": measures,
        "flowers.csv.gz": gzip.compress(measures),
        "words-1.txt.gz": gzip.compress(b"one\ntwo\n"),
        "words-2.txt.gz": gzip.compress(b"three\n"),
        "words/en.txt.gz": gzip.compress(b"one\ntwo\n"),
        "words/fr.txt.gz": gzip.compress(b"un\ndeux\n"),
        "words/fr-large.txt.gz": gzip.compress(b"un\ndeux\ntrois\n"),
        "reviews.zip": archive.getvalue(),
    }
    return {f"/example.org/{name}": content for name, content in files.items()}


def install_example_repository(site: Path, home: Path) -> None:
    """Install a repository that holds the overview's MNIST, and make the user prefer it.

    datamaestro-image has a ``com.lecun.mnist`` too, which takes nothing but the real
    files: its definition declares their hashes.
    """
    write_distribution(
        site,
        "example-repository",
        files={
            "example_repository/__init__.py": _PLUGIN,
            "example_repository/config/__init__.py": "",
            "example_repository/config/com/__init__.py": "",
            "example_repository/config/com/lecun.py": MNIST,
        },
        entry_points={
            "datamaestro.repositories": {"example": "example_repository:ExampleRepository"}
        },
    )
    settings = home / ".config" / "datamaestro" / "user.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"default_repository": "example"}', encoding="utf-8")
