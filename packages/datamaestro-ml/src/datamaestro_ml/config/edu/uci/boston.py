"""Boston housing, in the copy that scikit-learn shipped until its version 1.1.3."""

from pathlib import Path

from datamaestro.data.csv import Matrix
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

CITATION = """
@article{harrison1978hedonic,
  title = {Hedonic prices and the demand for clean air},
  author = {Harrison, David and Rubinfeld, Daniel L.},
  journal = {Journal of Environmental Economics and Management},
  volume = {5},
  year = {1978},
  doi = {10.1016/0095-0696(78)90006-2},
}
"""


@datatags("tabular", "housing", "ethics warning")
@datatasks("regression")
@filedownloader(
    "boston.csv",
    "https://raw.githubusercontent.com/scikit-learn/scikit-learn/1.1.3/sklearn/datasets/data/boston_house_prices.csv",
    size=34742,
    sha256="d98212636026544fc9b9c0f372e5f819872e6fa6fa757ab025efdda22180f2d6",
)
@dataset(
    id="",
    url="http://lib.stat.cmu.edu/datasets/boston",
    doi="10.1016/0095-0696(78)90006-2",
    licence="CC-BY-4.0",
    citation=CITATION,
)
def boston(boston: Path) -> Matrix:
    """Boston housing

    13 facts about each of 506 districts of Boston, published in 1978, and the median
    value of a home there, in thousands of dollars: column MEDV, the target.

    One of the columns, B, was computed from the share of Black people who lived in the
    district, by authors who assumed that it lowers prices; scikit-learn gave up the
    dataset for that reason. Use it to study that, not as an example of a regression.
    """
    return Matrix(path=boston, size_row=0, names_row=1, target="MEDV")
