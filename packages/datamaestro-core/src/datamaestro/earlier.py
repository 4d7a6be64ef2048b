"""What definitions for version 1 are written with: other spellings, and names that are gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

__all__ = ["GONE", "Constructor", "gone", "refusing"]

T = TypeVar("T")

_HUB = (
    "FileDownloader takes the URLs of single files of a hub: "
    "https://huggingface.co/datasets/OWNER/NAME/resolve/main/FILE"
)
GONE = {
    "datamaestro.data.huggingface": _HUB,
    "datamaestro.definitions.DatasetAnnotation": (
        "write a function that takes what @dataset gives, and gives it back"
    ),
    "datamaestro.download.Download": (
        "derive from FileResource, FolderResource or ValueResource, and write "
        "_download(destination), or make() and prepare() for a value"
    ),
    "datamaestro.download.ResourceState": (
        "Context.missing(dataset) gives the names of the resources that aren't complete"
    ),
    "datamaestro.download.huggingface": _HUB,
    "datamaestro.download.multiple": (
        "declare a resource for each file, and 'links' for the folders of other datasets"
    ),
    "datamaestro.download.sync": (
        "FileDownloader takes the URLs of single files: https://storage.googleapis.com/BUCKET/FILE"
    ),
    "datamaestro.download.todo": (
        "linkfile and linkfolder of datamaestro.download.links ask users for what they have to "
        "fetch themselves"
    ),
    "datamaestro.download.wayback": (
        "write FileDownloader with the original URL; the setting 'wayback' has a web archive "
        "asked for what its publisher doesn't give any more"
    ),
    "datamaestro.stream": (
        "FileDownloader decompresses by itself; what changes a file otherwise is a handler, "
        "derived from FileResource, with a method _download(destination)"
    ),
    "datamaestro.test": (
        "derive a class of tests from datamaestro.testing.RepositoryContract, and say "
        "repository = YOUR_REPOSITORY in it"
    ),
}
"""What to do, by the full name of what is gone."""


class Constructor:
    """Lets a class be called by an attribute of its own: ``X.C(...)`` is ``X(...)``."""

    def __get__(self, instance: object, owner: type[T]) -> type[T]:
        return owner


def gone(name: str) -> ImportError:
    """Make the error for the import of something that no longer exists.

    :param name: its full name, a key of `GONE`
    """
    return ImportError(f"{name} is of version 1 of datamaestro: {GONE[name]}", name=name)


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Make the ``__getattr__`` of a module that names have gone from.

    :param module: its name
    """

    def attribute(name: str) -> NoReturn:
        full = f"{module}.{name}"
        raise gone(full) if full in GONE else AttributeError(f"no attribute {full}", name=name)

    return attribute
