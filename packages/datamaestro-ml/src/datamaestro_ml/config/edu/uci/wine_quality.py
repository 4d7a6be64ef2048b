"""Wine quality: two files, one for each colour."""

from pathlib import Path

from datamaestro.data.csv import Matrix
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader
from datamaestro_ml.data import WineQuality

CITATION = r"""
@article{cortez2009modeling,
  title = {Modeling wine preferences by data mining from physicochemical properties},
  author = {Cortez, Paulo and Cerdeira, Ant{\'o}nio and Almeida, Fernando and Matos, Telmo
      and Reis, Jos{\'e}},
  journal = {Decision Support Systems},
  year = {2009},
}
"""

FOLDER = "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/"


def _wines(path: Path) -> Matrix:
    return Matrix(path=path, delimiter=";", names_row=0, target="quality")


@datatags("tabular", "chemistry")
@datatasks("regression", "classification")
@filedownloader(
    "red.csv",
    FOLDER + "winequality-red.csv",
    size=84199,
    sha256="4a402cf041b025d4566d954c3b9ba8635a3a8a01e039005d97d6a710278cf05e",
)
@filedownloader(
    "white.csv",
    FOLDER + "winequality-white.csv",
    size=264426,
    sha256="76c3f809815c17c07212622f776311faeb31e87610d52c26d87d6e361b169836",
)
@dataset(
    id="edu.uci.wine-quality",
    url="https://archive.ics.uci.edu/ml/datasets/Wine+Quality",
    doi="10.24432/C56S3T",
    licence="CC-BY-4.0",
    citation=CITATION,
)
def wine_quality(red: Path, white: Path) -> WineQuality:
    """Wine quality

    11 measurements of 1,599 red and 4,898 white wines (vinho verde, from Portugal), and
    the quality that tasters found, an integer from 0 to 10: column ``quality``, the
    target.
    """
    return WineQuality(red=_wines(red), white=_wines(white))
