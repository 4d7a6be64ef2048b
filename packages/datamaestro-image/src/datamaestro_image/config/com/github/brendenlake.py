"""Omniglot, https://github.com/brendenlake/omniglot."""

from pathlib import Path

from datamaestro.data.ml import Supervised
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.archive import zipdownloader
from datamaestro_image.data import ImagesByFolder

CITATION = """
@article{lake2015human,
  title = {Human-level concept learning through probabilistic program induction},
  author = {Lake, Brenden M. and Salakhutdinov, Ruslan and Tenenbaum, Joshua B.},
  journal = {Science},
  year = {2015},
}
"""

PAGE = "https://github.com/brendenlake/omniglot"
AT_COMMIT = (
    "https://raw.githubusercontent.com/brendenlake/omniglot/"
    "057f034baf2ecb8530bc5710e5a23584d2a519cc/python/"
)
LATEST = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/"


def _characters(folder: Path) -> ImagesByFolder:
    """Give the drawings in a folder, in which each alphabet has a folder of characters."""
    return ImagesByFolder(path=folder, depth=2)


@datatags("images", "binary", "handwritten characters", "few-shot")
@datatasks("few-shot classification", "image classification")
@zipdownloader(
    "background",
    LATEST + "images_background.zip",
    mirrors=("https://github.com/brendenlake/omniglot/raw/master/python/images_background.zip",),
    size=9464212,
    sha256="ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
)
@zipdownloader(
    "evaluation",
    LATEST + "images_evaluation.zip",
    mirrors=("https://github.com/brendenlake/omniglot/raw/master/python/images_evaluation.zip",),
    size=6462886,
    sha256="1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
)
@dataset(id=".omniglot", url=PAGE, licence="MIT", citation=CITATION)
def omniglot(
    background: Path, evaluation: Path
) -> Supervised[ImagesByFolder, ImagesByFolder, ImagesByFolder]:
    """Omniglot

    Characters of many alphabets, drawn by twenty people each: black on white, PNG files
    of 105 by 105 pixels. The alphabets to learn from are others than those to test with.
    """
    return Supervised(train=_characters(background), test=_characters(evaluation))


@datatags("images", "binary", "handwritten characters", "few-shot", "small")
@datatasks("few-shot classification", "image classification")
@zipdownloader(
    "small1",
    AT_COMMIT + "images_background_small1.zip",
    mirrors=(LATEST + "images_background_small1.zip",),
    size=1319022,
    sha256="f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
)
@dataset(id=".omniglot.small1", url=PAGE, licence="MIT", citation=CITATION)
def small1(small1: Path) -> ImagesByFolder:
    """Omniglot, first small set

    Five of the alphabets to learn from, for a harder task.
    """
    return _characters(small1)


@datatags("images", "binary", "handwritten characters", "few-shot", "small")
@datatasks("few-shot classification", "image classification")
@zipdownloader(
    "small2",
    AT_COMMIT + "images_background_small2.zip",
    mirrors=(LATEST + "images_background_small2.zip",),
    size=1580917,
    sha256="3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
)
@dataset(id=".omniglot.small2", url=PAGE, licence="MIT", citation=CITATION)
def small2(small2: Path) -> ImagesByFolder:
    """Omniglot, second small set

    Five other alphabets to learn from, for a harder task.
    """
    return _characters(small2)
