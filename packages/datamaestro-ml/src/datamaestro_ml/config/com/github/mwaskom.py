"""Example data of the seaborn library, https://github.com/mwaskom/seaborn-data."""

from pathlib import Path

from datamaestro.data.csv import Generic
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.single import filedownloader

REPOSITORY = "https://raw.githubusercontent.com/mwaskom/seaborn-data/"
PREFERRED = REPOSITORY + "71e2436a092d714350de0fc409ca8a8714e7e78f/"
MIRROR = REPOSITORY + "master/"


@datatags("tabular", "survival")
@datatasks("classification")
@filedownloader(
    "titanic.csv",
    PREFERRED + "titanic.csv",
    mirrors=(MIRROR + "titanic.csv",),
    size=57018,
    sha256="81787d320d7f7b03df935e91de8bd19e11d45c5bbcab86ef4d4a76dc91b7d4f2",
)
@dataset(id=".seaborn-data.titanic", url="https://github.com/mwaskom/seaborn-data")
def titanic(titanic: Path) -> Generic:
    """Titanic, as seaborn has it

    Passengers of the Titanic without their names, and whether each survived: columns
    ``survived`` (0 or 1) and, in words, ``alive``. It is a part of ``org.openml.titanic``
    with columns derived from others: ``class``, ``who``, ``adult_male``, ``deck``,
    ``embark_town``, ``alone``.

    What isn't known about a passenger (nothing, in the file) reads as missing.
    """
    return Generic(path=titanic, names_row=0, missing=[""])
