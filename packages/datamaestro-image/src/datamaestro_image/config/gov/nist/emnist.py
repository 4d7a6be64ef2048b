"""EMNIST: six ways to split the same characters, all in one archive.

The archive is fetched and kept once, by the dataset ``gov.nist.emnist``; the other
six refer to it and give one of its parts each.
"""

from pathlib import Path

from datamaestro.data import Base, Param
from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download import reference
from datamaestro.download.archive import zipdownloader
from datamaestro_image.data import ImageClassification, LabelledImages
from datamaestro_image.views import Transposed

CITATION = r"""
@inproceedings{cohen_afshar_tapson_schaik_2017,
  title = {{EMNIST}: Extending {MNIST} to handwritten letters},
  author = {Cohen, Gregory and Afshar, Saeed and Tapson, Jonathan and van Schaik, Andr{\'e}},
  booktitle = {2017 International Joint Conference on Neural Networks (IJCNN)},
  year = {2017},
  doi = {10.1109/ijcnn.2017.7966217},
}
"""

PAGE = "https://www.nist.gov/itl/products-and-services/emnist-dataset"
DOI = "10.1109/ijcnn.2017.7966217"
LICENCE = "US Government work (no explicit licence)"


@datatags("images")
@datatasks("image classification")
class EMNIST(Base):
    """The six splits of EMNIST.

    :param byclass: digits, capital and small letters, 62 unbalanced classes
    :param bymerge: the same images, with letters alike in both cases in one class
    :param balanced: the classes of `bymerge`, the same number of images in each
    :param letters: letters of either case
    :param digits: digits alone, more of them than in MNIST
    :param mnist: digits in the numbers of MNIST
    """

    byclass: Param[ImageClassification]
    bymerge: Param[ImageClassification]
    balanced: Param[ImageClassification]
    letters: Param[ImageClassification]
    digits: Param[ImageClassification]
    mnist: Param[ImageClassification]


def _images(folder: Path, split: str, part: str) -> LabelledImages:
    stored = IDX(path=folder / f"emnist-{split}-{part}-images-idx3-ubyte.gz")
    return LabelledImages(
        images=Transposed(stored=stored),
        labels=IDX(path=folder / f"emnist-{split}-{part}-labels-idx1-ubyte.gz"),
    )


def _split(folder: Path, split: str) -> ImageClassification:
    return ImageClassification(
        train=_images(folder, split, "train"), test=_images(folder, split, "test")
    )


@datatags("grayscale", "handwritten characters")
@zipdownloader(
    "gzip",
    "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
    subpath="gzip",
    size=561753746,
    sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
)
@dataset(id="", url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def emnist(gzip: Path) -> EMNIST:
    """EMNIST

    Characters and digits written by hand, from NIST's Special Database 19, in six
    splits; ``gov.nist.emnist.letters`` and its like give one of them. Images are
    28 by 28, uint8.

    The files store each image with rows and columns exchanged; here they are upright.
    They stay compressed on disk (562 MB instead of 1.8 GB), so that each call of
    ``data()`` decompresses one file: keep the array that it gives.
    """
    return EMNIST(
        byclass=_split(gzip, "byclass"),
        bymerge=_split(gzip, "bymerge"),
        balanced=_split(gzip, "balanced"),
        letters=_split(gzip, "letters"),
        digits=_split(gzip, "digits"),
        mnist=_split(gzip, "mnist"),
    )


@datatags("grayscale", "handwritten characters")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def byclass(parts: EMNIST) -> ImageClassification:
    """EMNIST by class

    All images of EMNIST, as digits, capital and small letters: 697,932 to learn from
    and 116,323 to test with, in classes of very different size.
    """
    return parts.byclass


@datatags("grayscale", "handwritten characters")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def bymerge(parts: EMNIST) -> ImageClassification:
    """EMNIST by merged class

    All images of EMNIST, where a letter whose capital looks like its small form has
    one class for both: 697,932 to learn from and 116,323 to test with.
    """
    return parts.bymerge


@datatags("grayscale", "handwritten characters")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def balanced(parts: EMNIST) -> ImageClassification:
    """EMNIST balanced

    Digits and letters with as many images in each class: 112,800 to learn from and
    18,800 to test with, in the classes of EMNIST by merged class.
    """
    return parts.balanced


@datatags("grayscale", "handwritten characters")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def letters(parts: EMNIST) -> ImageClassification:
    """EMNIST letters

    Letters, one class for the capital and the small form of each, with as many images
    in each class. Labels begin with 1, for A.
    """
    return parts.letters


@datatags("grayscale", "handwritten digits", "10 classes")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def digits(parts: EMNIST) -> ImageClassification:
    """EMNIST digits

    Digits, with as many images of each: 240,000 to learn from and 40,000 to test with.
    """
    return parts.digits


@datatags("grayscale", "handwritten digits", "10 classes")
@reference(emnist, name="parts")
@dataset(url=PAGE, doi=DOI, licence=LICENCE, citation=CITATION)
def mnist(parts: EMNIST) -> ImageClassification:
    """EMNIST in the form of MNIST

    Digits in the numbers of MNIST, prepared as the other splits of EMNIST are: 60,000
    images to learn from and 10,000 to test with.
    """
    return parts.mnist
