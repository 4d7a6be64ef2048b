"""Parquet tables for datamaestro.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datamaestro_format_parquet.table import Parquet

__all__ = ["Parquet"]

_MODULES = {"Parquet": "table"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
