"""Data packages of NLTK, https://www.nltk.org/nltk_data/.

Their archives change in place on the branch ``gh-pages``, as their index then says.
"""

from pathlib import Path

from datamaestro.data.text import Lines
from datamaestro.definitions import dataset, datatags, datatasks
from datamaestro.download.archive import zipdownloader
from datamaestro_text.data import ClassifiedLines

PACKAGES = "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/"


@datatags("nltk", "corpora")
@datatasks("natural language processing")
@zipdownloader(
    "lists",
    PACKAGES + "names.zip",
    subpath="names",
    size=21326,
    md5="93844d7c995ad28f40528c08a3430175",
)
@dataset(
    url="http://www-2.cs.cmu.edu/afs/cs/project/ai-repository/ai/areas/nlp/corpora/names/",
    licence="free for any purpose, with credit in published work (README of the archive)",
)
def names(lists: Path) -> ClassifiedLines:
    """Names

    First names, in classes ``female`` and ``male``; some are in both. Collected by Mark
    Kantrowitz and Bill Ross, version 1.3 of 1994.
    """
    return ClassifiedLines(
        classes={
            "female": Lines(path=lists / "female.txt"),
            "male": Lines(path=lists / "male.txt"),
        }
    )
