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
_HOMES = {
    "Context": "datamaestro.context",
    "DatamaestroError": "datamaestro.errors",
    "Repository": "datamaestro.repository",
    "__version__": "datamaestro.version:VERSION",
    "find_dataset": "datamaestro.context",
    "get_dataset": "datamaestro.context",
    "prepare_dataset": "datamaestro.context",
}

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
