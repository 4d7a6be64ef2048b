"""Datasets of OpenML, https://www.openml.org."""

from pathlib import Path

from datamaestro.data.csv import Generic
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

CITATION = """
@misc{titanic,
  title = {Titanic dataset},
  author = {Harrell Jr., Frank E. and Cason, Thomas},
  year = {2017},
  url = {https://www.openml.org/d/40945},
}
"""


@datatags("tabular", "survival")
@datatasks("classification")
@filedownloader(
    "titanic.csv",
    "https://www.openml.org/data/get_csv/16826755/phpMYEkMl",
    size=117743,
    sha256="c617db2c7470716250f6f001be51304c76bcc8815527ab8bae734bdca0735737",
)
@dataset(url="https://www.openml.org/d/40945", licence="public domain", citation=CITATION)
def titanic(titanic: Path) -> Generic:
    """Titanic

    The passengers of the Titanic: class, name, sex, age and the like, and whether each
    survived: column ``survived``, 0 or 1, the target. ``boat`` and ``body`` are known
    only because of the outcome: leave them out when you predict it.

    What isn't known about a passenger (``?`` in the file) reads as missing.
    """
    return Generic(path=titanic, names_row=0, missing=["?"])
