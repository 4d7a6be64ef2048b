"""Datasets of bird songs."""

from datamaestro import Repository

__all__ = ["Birdsong"]


class Birdsong(Repository):
    """The repository ``birdsong``."""

    NAMESPACE = "birdsong"
    DESCRIPTION = "Songs of birds, and pictures of them"
