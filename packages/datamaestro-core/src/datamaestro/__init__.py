"""Datasets, found by their ids, prepared and verified.

>>> from datamaestro import prepare_dataset
>>> iris = prepare_dataset("edu.uci.iris")       # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
    "find_dataset": "datamaestro.context",
    "get_dataset": "datamaestro.context",
    "prepare_dataset": "datamaestro.context",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from datamaestro.version import VERSION

        return VERSION
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "__version__"])
