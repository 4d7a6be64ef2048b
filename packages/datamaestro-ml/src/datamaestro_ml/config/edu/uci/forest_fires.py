"""Forest fires in Portugal."""

from pathlib import Path

from datamaestro.data.csv import Generic
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

CITATION = """
@misc{Dua:2019,
  title = {{UCI} Machine Learning Repository},
  author = {Dua, Dheeru and Graff, Casey},
  year = {2017},
  howpublished = {University of California, Irvine, School of Information and Computer Sciences},
}
"""


@datatags("tabular", "weather")
@datatasks("regression")
@filedownloader(
    "forest_fires.csv",
    "https://archive.ics.uci.edu/ml/machine-learning-databases/forest-fires/forestfires.csv",
    size=25478,
    sha256="0d6586a1fa52f55bef48578aef14eb97273f1e9330e1a53423df497a77065253",
)
@dataset(
    id="edu.uci.forest-fires",
    url="https://archive.ics.uci.edu/ml/datasets/Forest+Fires",
    doi="10.24432/C5D88D",
    licence="CC-BY-4.0",
    citation=CITATION,
)
def forest_fires(forest_fires: Path) -> Generic:
    """Forest fires

    Where and when 517 fires broke out in a natural park in Portugal, the weather and
    the indices of danger of that day, and the area that burned, in hectares: column
    ``area``, the target. Month and day of the week are text; the rest is numbers.
    """
    return Generic(path=forest_fires, names_row=0)
