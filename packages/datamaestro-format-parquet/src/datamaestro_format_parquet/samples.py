"""Small synthetic tables, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro_format_parquet.table import Parquet

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["write_sample"]


def write_sample(value: Parquet, sampling: Sampling) -> None:
    """Write a row for each, with a number and a text."""
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"number": range(sampling.rows), "text": sampling.words(value)})
    pyarrow.parquet.write_table(table, value.path)
