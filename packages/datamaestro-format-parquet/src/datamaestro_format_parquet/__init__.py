"""Parquet tables for datamaestro.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_format_parquet.table import Parquet

__all__ = ["Parquet"]

__getattr__, __dir__ = lazily(__name__, {".table": ("Parquet",)})
