"""Datasets of the Center for Open Data in the Humanities, http://codh.rois.ac.jp."""

from pathlib import Path

from datamaestro.data.tensor import IDX
from datamaestro.definitions import dataset, datatags
from datamaestro.download.single import filedownloader
from datamaestro_image.data import ImageClassification, LabelledImages

CITATION = """
@misc{clanuwat2018deep,
  title = {Deep Learning for Classical {Japanese} Literature},
  author = {Clanuwat, Tarin and Bober-Irizar, Mikel and Kitamoto, Asanobu and Lamb, Alex
      and Yamamoto, Kazuaki and Ha, David},
  year = {2018},
  howpublished = {arXiv:1812.01718},
}
"""

FOLDER = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"


@datatags("grayscale", "japanese", "handwritten characters", "10 classes")
@filedownloader(
    "train_images.idx",
    FOLDER + "train-images-idx3-ubyte.gz",
    size=18165135,
    sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
)
@filedownloader(
    "train_labels.idx",
    FOLDER + "train-labels-idx1-ubyte.gz",
    size=29497,
    sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
)
@filedownloader(
    "test_images.idx",
    FOLDER + "t10k-images-idx3-ubyte.gz",
    size=3041136,
    sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
)
@filedownloader(
    "test_labels.idx",
    FOLDER + "t10k-labels-idx1-ubyte.gz",
    size=5120,
    sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
)
@dataset(
    id=".kmnist", url="http://codh.rois.ac.jp/kmnist/", licence="CC-BY-SA-4.0", citation=CITATION
)
def kmnist(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> ImageClassification:
    """Kuzushiji-MNIST

    Ten characters of cursive Japanese, as old books have them: 60,000 images to learn
    from and 10,000 to test with. Shapes, types and files are those of MNIST, whose
    place it can take.
    """
    return ImageClassification(
        train=LabelledImages(images=IDX(path=train_images), labels=IDX(path=train_labels)),
        test=LabelledImages(images=IDX(path=test_images), labels=IDX(path=test_labels)),
    )
