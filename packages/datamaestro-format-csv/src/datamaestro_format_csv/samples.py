"""Small synthetic tables, for tests."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

from datamaestro_format_csv.generic import Generic
from datamaestro_format_csv.matrix import Matrix

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["write_matrix", "write_table"]

COLUMNS = 3


def write_table(value: Generic, sampling: Sampling) -> None:
    """Write a column of text and columns of numbers; what may be missing is, once."""
    source = sampling.random(value)
    names = [f"column{number}" for number in range(COLUMNS)]
    texts = sampling.words(value, 1)
    rows = [[text, str(source.randrange(100)), str(source.random())] for text in texts]
    for text in list(value.missing)[:1]:
        rows[-1][-1] = text
    _write(value, [[] for _ in range(value.names_row)] + [names], rows)


def write_matrix(value: Matrix, sampling: Sampling) -> None:
    """Write columns of numbers, the target's among them, below the heading there is."""
    source = sampling.random(value)
    names = [f"column{number}" for number in range(COLUMNS)]
    if isinstance(value.target, str):
        names.append(value.target)
    elif value.target is not None:
        names += [f"more{number}" for number in range(abs(value.target) + 1)]
    rows = [[str(source.randrange(100)) for _ in names] for _ in range(sampling.rows)]
    heading: list[list[str]] = [["0"] for _ in range(max(value.names_row, value.size_row) + 1)]
    if value.names_row >= 0:
        heading[value.names_row] = names
    if value.size_row >= 0:
        facts = len(names) - (value.target is not None)
        heading[value.size_row] = [str(sampling.rows), str(facts)]
    _write(value, heading, rows)


def _write(value: Generic, heading: list[list[str]], rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=value.delimiter,
        quotechar=value.quote or None,
        quoting=csv.QUOTE_MINIMAL if value.quote else csv.QUOTE_NONE,
        lineterminator="\n",
    )
    buffer.write("ignored\n" * value.ignore)
    writer.writerows([*heading, *rows])
    content = buffer.getvalue().encode(value.encoding)
    if value.path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    value.path.write_bytes(content)
