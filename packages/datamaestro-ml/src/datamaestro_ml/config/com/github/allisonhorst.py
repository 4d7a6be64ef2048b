"""Datasets of Allison Horst, https://github.com/allisonhorst."""

from pathlib import Path

from datamaestro.data.csv import Generic
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

CITATION = """
@misc{horst2020palmerpenguins,
  title = {palmerpenguins: {Palmer} {Archipelago} ({Antarctica}) penguin data},
  author = {Horst, Allison Marie and Hill, Alison Presmanes and Gorman, Kristen B.},
  year = {2020},
  doi = {10.5281/zenodo.3960218},
}
"""

REPOSITORY = "https://raw.githubusercontent.com/allisonhorst/palmerpenguins/"
PREFERRED = REPOSITORY + "8957207b78d6ccd1b4654a9dd9c9041b657478ab/inst/extdata/"
MIRROR = REPOSITORY + "main/inst/extdata/"

PAGE = "https://allisonhorst.github.io/palmerpenguins/"
DOI = "10.5281/zenodo.3960218"


@datatags("tabular", "biology", "small")
@datatasks("classification")
@filedownloader(
    "penguins.csv",
    PREFERRED + "penguins.csv",
    mirrors=(MIRROR + "penguins.csv",),
    size=15241,
    sha256="f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93",
)
@dataset(id=".palmerpenguins", url=PAGE, doi=DOI, licence="CC0-1.0", citation=CITATION)
def penguins(penguins: Path) -> Generic:
    """Palmer penguins

    Bill, flippers (mm) and weight (g) of 344 penguins of three species on three islands
    of Antarctica, with sex and year. The target is ``species``, commonly.

    What isn't known about a penguin (``NA`` in the file) reads as missing. The table is
    an extract of ``com.github.allisonhorst.palmerpenguins.raw``.
    """
    return Generic(path=penguins, names_row=0, missing=["NA"])


@datatags("tabular", "biology", "small")
@datatasks("classification")
@filedownloader(
    "penguins_raw.csv",
    PREFERRED + "penguins_raw.csv",
    mirrors=(MIRROR + "penguins_raw.csv",),
    size=53098,
    sha256="144f623143c9360fd77322a4f86acb06dc198814dbd2669724c63e6457b907bd",
)
@dataset(id=".palmerpenguins.raw", url=PAGE, doi=DOI, licence="CC0-1.0", citation=CITATION)
def penguins_raw(penguins_raw: Path) -> Generic:
    """Palmer penguins, all that was noted

    What was noted about each of 344 penguins: besides the measurements, the study, the
    nest, the date of the egg, isotopes in the blood, and comments.

    What isn't known about a penguin (``NA`` in the file) reads as missing.
    """
    return Generic(path=penguins_raw, names_row=0, missing=["NA"])
