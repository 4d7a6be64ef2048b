"""Datasets of Facebook Research, https://github.com/facebookresearch."""

from pathlib import Path

from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset, datatags
from datamaestro.download.single import filedownloader
from datamaestro_image.data import AnnotatedImages, ImageClassification
from datamaestro_image.views import Column

CITATION = r"""
@inproceedings{yadav2019cold,
  title = {Cold Case: The Lost {MNIST} Digits},
  author = {Yadav, Chhavi and Bottou, L{\'e}on},
  booktitle = {Advances in Neural Information Processing Systems 32},
  year = {2019},
}
"""

REPOSITORY = "https://raw.githubusercontent.com/facebookresearch/qmnist/"
PREFERRED = REPOSITORY + "94061367ec2e099ea18c553c75727ecf849ddb9b/"
MIRROR = REPOSITORY + "master/"

COLUMNS = [
    "class",
    "NIST hsf series",
    "writer id",
    "digit index",
    "class code",
    "global id",
    "duplicate",
    "unused",
]
CLASS = COLUMNS.index("class")


def _digits(images: Path, labels: Path) -> AnnotatedImages:
    table = IDX(path=labels)
    return AnnotatedImages(
        images=IDX(path=images),
        labels=Column(table=table, index=CLASS),
        annotations=table,
        columns=COLUMNS,
    )


# Nobody states the sizes and SHA-256 of the two files of images.
@datatags("grayscale", "handwritten digits", "10 classes")
@filedownloader(
    "train_images.idx",
    PREFERRED + "qmnist-train-images-idx3-ubyte.gz",
    mirrors=(MIRROR + "qmnist-train-images-idx3-ubyte.gz",),
    md5="ed72d4157d28c017586c42bc6afe6370",
)
@filedownloader(
    "train_labels.idx",
    PREFERRED + "qmnist-train-labels-idx2-int.gz",
    mirrors=(MIRROR + "qmnist-train-labels-idx2-int.gz",),
    size=463024,
    sha256="2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
)
@filedownloader(
    "test_images.idx",
    PREFERRED + "qmnist-test-images-idx3-ubyte.gz",
    mirrors=(MIRROR + "qmnist-test-images-idx3-ubyte.gz",),
    md5="1394631089c404de565df7b7aeaf9412",
)
@filedownloader(
    "test_labels.idx",
    PREFERRED + "qmnist-test-labels-idx2-int.gz",
    mirrors=(MIRROR + "qmnist-test-labels-idx2-int.gz",),
    size=526800,
    sha256="9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
)
@dataset(
    id=".qmnist",
    url="https://github.com/facebookresearch/qmnist",
    licence="BSD-3-Clause",
    citation=CITATION,
)
def qmnist(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> ImageClassification:
    """QMNIST

    MNIST made anew from its source: 60,000 images to learn from and 60,000 to test
    with, 10,000 of which are the test images of MNIST and 50,000 are new.

    Shapes and types of ``images`` and ``labels`` are those of MNIST, except that
    labels are int32. ``annotations`` is the whole table, shape (60000, 8), int32, that
    the labels are the first column of; ``columns`` names the others, among them who
    wrote the digit.
    """
    return ImageClassification(
        train=_digits(train_images, train_labels), test=_digits(test_images, test_labels)
    )
