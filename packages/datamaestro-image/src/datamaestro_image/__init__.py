"""Datasets of images."""

from datamaestro import Repository as _Repository

__all__ = ["Repository"]


class Repository(_Repository):
    """The repository ``image``."""

    NAMESPACE = "image"
    DESCRIPTION = "Datasets of images"
    AUTHOR = "The datamaestro developers"
