"""Datasets of Zalando Research, https://github.com/zalandoresearch."""

from pathlib import Path

from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset, datatags
from datamaestro.download.single import filedownloader
from datamaestro_image.data import ImageClassification, LabelledImages

CITATION = """
@article{DBLP:journals/corr/abs-1708-07747,
  title = {{Fashion-MNIST}: a Novel Image Dataset for Benchmarking Machine Learning Algorithms},
  author = {Xiao, Han and Rasul, Kashif and Vollgraf, Roland},
  journal = {CoRR},
  volume = {abs/1708.07747},
  year = {2017},
}
"""

PREFERRED = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
MIRRORS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)


def _mirrors(name: str) -> tuple[str, ...]:
    return tuple(mirror + name for mirror in MIRRORS)


@datatags("grayscale", "clothing", "10 classes")
@filedownloader(
    "train_images.idx",
    PREFERRED + "train-images-idx3-ubyte.gz",
    mirrors=_mirrors("train-images-idx3-ubyte.gz"),
    size=26421880,
    sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
)
@filedownloader(
    "train_labels.idx",
    PREFERRED + "train-labels-idx1-ubyte.gz",
    mirrors=_mirrors("train-labels-idx1-ubyte.gz"),
    size=29515,
    sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
)
@filedownloader(
    "test_images.idx",
    PREFERRED + "t10k-images-idx3-ubyte.gz",
    mirrors=_mirrors("t10k-images-idx3-ubyte.gz"),
    size=4422102,
    sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
)
@filedownloader(
    "test_labels.idx",
    PREFERRED + "t10k-labels-idx1-ubyte.gz",
    mirrors=_mirrors("t10k-labels-idx1-ubyte.gz"),
    size=5148,
    sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
)
@dataset(
    id=".fashion-mnist",
    url="https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT",
    citation=CITATION,
)
def fashion_mnist(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> ImageClassification:
    """Fashion-MNIST

    Pieces of clothing from a shop, in ten classes: 60,000 images to learn from and
    10,000 to test with. Shapes, types and files are those of MNIST, whose place it
    can take.
    """
    return ImageClassification(
        train=LabelledImages(images=IDX(path=train_images), labels=IDX(path=train_labels)),
        test=LabelledImages(images=IDX(path=test_images), labels=IDX(path=test_labels)),
    )
