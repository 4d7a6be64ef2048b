"""Data types for text."""

from __future__ import annotations

from datamaestro.data import Base, Param
from datamaestro.data.text import TSV, JSONLines, Lines
from datamaestro.definitions import datatags, datatasks

__all__ = ["ClassifiedLines", "ParallelLines", "Retrieval", "Translation"]


@datatags("text")
@datatasks("text classification")
class ClassifiedLines(Base):
    """Texts, one a line, in a file for each class.

    :param classes: the texts of each class, by its name
    """

    classes: Param[dict[str, Lines]]


@datatags("text", "parallel corpus")
class ParallelLines(Base):
    """Texts, one a line, in a file for each language; the same lines say the same.

    :param languages: the texts in each language, by its ISO 639-1 code (``en``)
    """

    languages: Param[dict[str, Lines]]


@datatags("text", "parallel corpus")
@datatasks("machine translation")
class Translation(Base):
    """Parallel texts, split for training and testing.

    :param train: what to learn from
    :param validation: what to choose hyperparameters with
    :param tests: what to report results on, by the name of the test set
    """

    train: Param[ParallelLines]
    validation: Param[ParallelLines]
    tests: Param[dict[str, ParallelLines]]


@datatags("text")
@datatasks("information retrieval")
class Retrieval(Base):
    """Documents, queries, and which documents are relevant to a query.

    :param documents: an object for each document
    :param queries: an object for each query, of all splits
    :param train: judgements to learn from, a row for each pair of query and document
    :param validation: judgements to choose hyperparameters with
    :param test: judgements to report results on
    """

    documents: Param[JSONLines]
    queries: Param[JSONLines]
    train: Param[TSV | None] = None
    validation: Param[TSV | None] = None
    test: Param[TSV | None] = None
