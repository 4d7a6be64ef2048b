"""Datasets for machine learning in general: tables, for the most part."""

from datamaestro import Repository as _Repository

__all__ = ["Repository"]


class Repository(_Repository):
    """The repository ``ml``."""

    NAMESPACE = "ml"
    DESCRIPTION = "Datasets for machine learning in general"
    AUTHOR = "The datamaestro developers"
