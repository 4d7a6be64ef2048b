"""Blocks of rows, the unit of parsing: small enough for the cache, many at a time.

Two kinds hold the same rows in the two ways that they can be parsed:

- `PlainBlock`, without any quoting: fields are what lies between delimiters and line
  ends. polars splits and converts these, vectorized and without the GIL.
- `QuotedBlock`, of texts that no such block can hold: with line ends, for example.

Where there are quotes, whether a line end is one depends on all that was before. So the
rows are parsed in order, by Python's `csv` (several times slower), and written as a
`PlainBlock` where they can be: for 300,000 rows of 20 quoted numbers, all of it takes
2.4 s of CPU, and 3.8 s if polars takes over Python's texts one by one.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource, count_lines
from datamaestro_format_csv.rows import Row, RowReader, check_length

if TYPE_CHECKING:
    import polars

__all__ = ["Block", "PlainBlock", "QuotedBlock", "column_keys", "read_blocks"]

QUOTED_FIELDS = 1 << 16
"""How many fields make a block of rows that Python's `csv` parsed."""

QUOTED_ROWS = 64
"""How many rows these are at least: each column of a block takes time of its own. 40 rows of
20,000 columns take twice as long in three blocks as in one."""

UNQUOTED = Dialect(delimiter="\x1f", quote="")
"""How rows are written without quotes: with ASCII's separator of units, which no text has."""


@dataclass(frozen=True)
class PlainBlock:
    """Whole lines without quoting.

    :param data: the lines, in UTF-8
    :param first: tells the number of the first line, from 1
    """

    data: bytes
    first: Callable[[], int] = field(repr=False)
    dialect: Dialect = field(repr=False)
    path: Path

    def texts(self, columns: int) -> polars.DataFrame:
        """Give the fields as they are written; the columns are called 0, 1, ...

        :raises DataFormatError: if a row doesn't have `columns` fields, or isn't UTF-8
        """
        import polars

        data = self._without_empty_lines()
        keys = column_keys(columns)
        if not data:
            return polars.DataFrame(schema=dict.fromkeys(keys, polars.String))
        if _has_mark(data):
            return self._texts_one_by_one(columns)
        try:
            frame = polars.read_csv(
                data,
                has_header=False,
                schema=dict.fromkeys(keys, polars.String),
                separator=self.dialect.delimiter,
                quote_char=None,
            )
        except (polars.exceptions.PolarsError, UnicodeError):
            return self._texts_one_by_one(columns)
        # polars refuses rows that are too long, but fills up those that are too
        # short. If there is one, there are not delimiters enough.
        delimiters = data.count(self.dialect.delimiter.encode())
        whole = delimiters == len(frame) * (columns - 1) and len(frame) == count_lines(data)
        if not whole:
            return self._texts_one_by_one(columns)
        empty = [column.name for column in frame if column.null_count()]
        return frame.with_columns(list(frame.select(empty).fill_null("")))

    def has_comment(self) -> bool:
        """Tell whether there may be a comment."""
        comment = self.dialect.comment
        return comment is not None and comment.encode() in self.data

    def rows(self) -> Iterator[Row]:
        """Read the rows one by one."""
        source = LineSource(BytesIO())
        source.give_back(self.data, self.first())
        return RowReader(source, self.dialect, self.path)

    def line_of(self, row: int) -> int:
        """Give the number of the line that a row is on, from 1."""
        return next(line for index, (line, _) in enumerate(self.rows()) if index == row)

    def _texts_one_by_one(self, columns: int) -> polars.DataFrame:
        """Find what is wrong; or parse what only polars refuses."""
        return QuotedBlock(list(self.rows()), self.path).texts(columns)

    def _without_empty_lines(self) -> bytes:
        """Drop the lines that aren't rows, and line ends that polars would keep."""
        comment = self.dialect.comment
        lines = self.data.replace(b"\r\n", b"\n").split(b"\n")
        rows = list(filter(None, lines))
        if comment is not None:
            start = comment.encode()
            rows = [line for line in rows if not line.startswith(start)]
        # polars takes a delimiter too many for no fault where nothing at all follows it.
        return b"\n".join([*rows, b""]) if rows else b""


@dataclass(frozen=True)
class QuotedBlock:
    """Rows that are parsed into texts already."""

    parsed: list[Row] = field(repr=False)
    path: Path

    def texts(self, columns: int) -> polars.DataFrame:
        """Give the fields, unquoted; the columns are called 0, 1, ...

        :raises DataFormatError: if a row doesn't have `columns` fields
        """
        import polars

        for row in self.parsed:
            check_length(row, columns, self.path)
        values = zip(*(row.fields for row in self.parsed), strict=True)
        schema = dict.fromkeys(column_keys(columns), polars.String)
        return polars.DataFrame(dict(zip(schema, values, strict=bool(self.parsed))), schema=schema)

    def rows(self) -> Iterator[Row]:
        """Give the rows one by one."""
        return iter(self.parsed)

    def line_of(self, row: int) -> int:
        """Give the number of the line that a row begins on, from 1."""
        return self.parsed[row].line


Block = PlainBlock | QuotedBlock


def column_keys(columns: int) -> list[str]:
    """Name columns by their number: names in a file need not differ."""
    return [str(index) for index in range(columns)]


def read_blocks(source: LineSource, dialect: Dialect, path: Path) -> Iterator[Block]:
    """Give all remaining rows, in order.

    :raises DataFormatError: if quoting is broken
    """
    quote = dialect.quote.encode()
    while (taken := source.take_chunk()) is not None:
        chunk, first = taken
        if (quote and quote in chunk) or _has_odd_line_ends(chunk) or _has_mark(chunk):
            source.give_back(chunk, first())
            yield from _read_quoted(source, dialect, path, source.line + count_lines(chunk))
        else:
            yield PlainBlock(chunk, first, dialect, path)


def _read_quoted(source: LineSource, dialect: Dialect, path: Path, end: int) -> Iterator[Block]:
    """Parse rows until the chunk that ends before the line `end` is used up."""
    rows: list[Row] = []
    size = 0
    reader = RowReader(source, dialect, path)
    while source.line < end and (row := next(reader, None)) is not None:
        rows.append(row)
        size += len(row.fields)
        if size >= QUOTED_FIELDS and len(rows) >= QUOTED_ROWS:
            yield _block(rows, path)
            rows, size = [], 0
    if rows:
        yield _block(rows, path)


def _block(rows: list[Row], path: Path) -> Block:
    """Make a block of rows: in lines without quotes, unless they would be others then."""
    data = _without_quotes(rows)
    if data is None:
        return QuotedBlock(rows, path)
    first = rows[0].line
    return PlainBlock(data, lambda: first, UNQUOTED, path)


def _without_quotes(rows: list[Row]) -> bytes | None:
    """Write rows as `UNQUOTED` says; None if that gives others, or on other lines."""
    if rows[-1].line - rows[0].line != len(rows) - 1:
        return None
    lines = [UNQUOTED.delimiter.join(row.fields) for row in rows]
    text = "\n".join([*lines, ""])
    fields = sum(len(row.fields) for row in rows)
    if (
        "\r" in text
        or text.count("\n") != len(rows)
        or text.count(UNQUOTED.delimiter) != fields - len(rows)
        or not all(lines)
    ):
        return None
    data = text.encode()
    return None if _has_mark(data) else data


def _has_odd_line_ends(chunk: bytes) -> bool:
    r"""Whether there is a ``\r`` that does not belong to a line end: `csv` refuses it."""
    return b"\r" in chunk and chunk.count(b"\r") != chunk.count(b"\r\n")


def _has_mark(data: bytes) -> bool:
    """Whether there is a byte order mark where polars would drop it: first.

    That at the start of the file is gone already; any other is part of a value.
    """
    return data.startswith(codecs.BOM_UTF8)
