"""Iris, the most used table of all."""

from pathlib import Path

from datamaestro.data.csv import Matrix
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

CITATION = """
@article{fisher1936,
  title = {The use of multiple measurements in taxonomic problems},
  author = {Fisher, Ronald A.},
  journal = {Annals of Eugenics},
  volume = {7},
  number = {2},
  year = {1936},
  doi = {10.1111/j.1469-1809.1936.tb02137.x},
}
"""


@datatags("tabular", "flowers", "small", "3 classes")
@datatasks("classification")
@filedownloader(
    "iris.data",
    "package:datamaestro_ml/files/iris.data",
    mirrors=("https://archive.ics.uci.edu/ml/machine-learning-databases/iris/iris.data",),
    size=4551,
    sha256="6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0",
)
@dataset(
    id="",
    url="https://archive.ics.uci.edu/dataset/53/iris",
    doi="10.1111/j.1469-1809.1936.tb02137.x",
    licence="CC-BY-4.0",
    citation=CITATION,
)
def iris(iris: Path) -> Matrix:
    """Iris

    Length and width of the sepals and petals of 150 flowers, in centimetres, and
    which of three species of iris each flower is.
    """
    return Matrix(path=iris, target=-1)
