"""Datasets of Cornell's department of computer science."""

from pathlib import Path

from datamaestro.data.text import Lines
from datamaestro.definitions import dataset, datatags
from datamaestro.download.archive import tardownloader
from datamaestro_text.data import ClassifiedLines

CITATION = """
@inproceedings{Pang+Lee:05a,
  title = {Seeing stars: Exploiting class relationships for sentiment categorization with
      respect to rating scales},
  author = {Pang, Bo and Lee, Lillian},
  booktitle = {Proceedings of the ACL},
  year = {2005},
}
"""


@datatags("english", "sentiment-classification")
@tardownloader(
    "sentences",
    "https://storage.googleapis.com/seldon-datasets/sentence_polarity_v1/rt-polaritydata.tar.gz",
    subpath="rt-polaritydata",
    size=487770,
    sha256="a05befe52aafda71d458d188a1c54506a998b1308613ba76bbda2e5029409ce9",
)
@dataset(
    id=".rotten-tomatoes",
    url="http://www.cs.cornell.edu/people/pabo/movie-review-data/",
    citation=CITATION,
    languages=["en"],
)
def rotten_tomatoes(sentences: Path) -> ClassifiedLines:
    """Sentence polarity, from Rotten Tomatoes

    Sentences of film reviews, in classes ``positive`` and ``negative``; in English, in
    Latin-1. There are no splits in the source.
    """
    return ClassifiedLines(
        classes={
            "positive": Lines(path=sentences / "rt-polarity.pos", encoding="latin-1"),
            "negative": Lines(path=sentences / "rt-polarity.neg", encoding="latin-1"),
        }
    )
