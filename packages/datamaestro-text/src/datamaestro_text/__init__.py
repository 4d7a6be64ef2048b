"""Datasets of text."""

from datamaestro import Repository as _Repository

__all__ = ["Repository"]


class Repository(_Repository):
    """The repository ``text``."""

    NAMESPACE = "text"
    DESCRIPTION = "Datasets of text: language processing and information retrieval"
    AUTHOR = "The datamaestro developers"
