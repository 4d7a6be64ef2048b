"""Datasets, found by their ids, prepared and verified.

>>> from datamaestro import prepare_dataset
>>> iris = prepare_dataset("edu.uci.iris")       # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro.context import Context, find_dataset, get_dataset, prepare_dataset
    from datamaestro.errors import DatamaestroError
    from datamaestro.repository import Repository

__all__ = [
    "Context",
    "DatamaestroError",
    "Repository",
    "find_dataset",
    "get_dataset",
    "prepare_dataset",
]

# Imported when they are first used: a definition that needs one name of the
# package shouldn't pay for all of them.
__getattr__, __dir__ = lazily(
    __name__,
    {
        ".context": ("Context", "find_dataset", "get_dataset", "prepare_dataset"),
        ".errors": ("DatamaestroError",),
        ".repository": ("Repository",),
        ".version": ("__version__",),
    },
)
