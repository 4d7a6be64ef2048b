"""Datasets that Yann LeCun published on his pages."""

from pathlib import Path

from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset, datatags
from datamaestro.download.single import filedownloader
from datamaestro_image.data import ImageClassification, LabelledImages

CITATION = """
@misc{lecun2010mnist,
  title = {{MNIST} handwritten digit database},
  author = {LeCun, Yann and Cortes, Corinna and Burges, Christopher J. C.},
  year = {2010},
  howpublished = {ATT Labs},
  url = {http://yann.lecun.com/exdb/mnist},
}
"""

# The first home of the files, http://yann.lecun.com, answers with status 403 by now.
PREFERRED = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)


def _mirrors(name: str) -> tuple[str, ...]:
    return tuple(mirror + name for mirror in MIRRORS)


# The licence is the one that the documentation of Keras states.
@datatags("grayscale", "handwritten digits", "10 classes")
@filedownloader(
    "train_images.idx",
    PREFERRED + "train-images-idx3-ubyte.gz",
    mirrors=_mirrors("train-images-idx3-ubyte.gz"),
    size=9912422,
    sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
)
@filedownloader(
    "train_labels.idx",
    PREFERRED + "train-labels-idx1-ubyte.gz",
    mirrors=_mirrors("train-labels-idx1-ubyte.gz"),
    size=28881,
    sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
)
@filedownloader(
    "test_images.idx",
    PREFERRED + "t10k-images-idx3-ubyte.gz",
    mirrors=_mirrors("t10k-images-idx3-ubyte.gz"),
    size=1648877,
    sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
)
@filedownloader(
    "test_labels.idx",
    PREFERRED + "t10k-labels-idx1-ubyte.gz",
    mirrors=_mirrors("t10k-labels-idx1-ubyte.gz"),
    size=4542,
    sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)
@dataset(url="http://yann.lecun.com/exdb/mnist/", licence="CC-BY-SA-3.0", citation=CITATION)
def MNIST(  # noqa: N802  (the dataset's name)
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> ImageClassification:
    """MNIST

    Digits from 0 to 9, written by hand: 60,000 images to learn from and 10,000 to
    test with. Each is gray (uint8, 0 is the paper), 28 by 28, centered, and scaled
    to one size.
    """
    return ImageClassification(
        train=LabelledImages(images=IDX(path=train_images), labels=IDX(path=train_labels)),
        test=LabelledImages(images=IDX(path=test_images), labels=IDX(path=test_labels)),
    )
