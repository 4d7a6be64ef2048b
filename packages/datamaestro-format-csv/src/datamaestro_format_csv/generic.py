"""Tables in CSV files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from datamaestro.data import File, Meta, Param
from datamaestro.data.optional import required
from datamaestro.data.threaded import threaded
from datamaestro.errors import ParameterError
from datamaestro_format_csv.blocks import Block
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.inference import (
    Columns,
    check_types_for,
    readable_type,
    without_rows,
)
from datamaestro_format_csv.lines import open_lines
from datamaestro_format_csv.rows import check_length
from datamaestro_format_csv.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Generic"]

BATCH_ROWS = 65_536


class Generic(File):
    r"""A table in a CSV file, plain or under gzip (recognized by its content).

    Format: RFC 4180, with the parameters below for what differs in practice. Rows end
    with ``\n`` or ``\r\n``; empty lines aren't rows; a byte order mark is skipped.

    >>> from pathlib import Path
    >>> _ = Path("pets.csv").write_text("name;legs\nTom;4\nPolly;2\n")
    >>> pets = Generic(path="pets.csv", delimiter=";", names_row=0)
    >>> pets.columns()
    ['name', 'legs']
    >>> next(iter(pets))
    {'name': 'Tom', 'legs': '4'}
    >>> pets.polars()["legs"].to_list()
    [4, 2]

    :param path: the file
    :param delimiter: one ASCII character between two fields
    :param ignore: how many lines to skip first, whatever they hold
    :param names_row: the number, from 0 and after the ignored lines, of the row that
        holds the names of the columns; -1 if there is none. Rows before it are skipped
    :param quote: one ASCII character around fields, which is doubled inside of them;
        empty if quote characters have no meaning
    :param comment: lines that begin with it aren't rows; None if there are no comments
    :param encoding: of the text, a name that Python knows
    :param missing: the texts that stand for a missing value, such as ``["", "NA"]``;
        among numbers also with spaces and tabs around them
    """

    delimiter: Meta[str] = ","
    ignore: Meta[int] = 0
    names_row: Meta[int] = -1
    quote: Meta[str] = '"'
    comment: Meta[str | None] = None
    encoding: Meta[str] = "utf-8"
    missing: Param[str | Sequence[str]] = ()

    def __post_init__(self) -> None:
        self._dialect()
        for name, least in (("ignore", 0), ("names_row", -1)):
            if getattr(self, name) < least:
                raise ParameterError(
                    f"{type(self).__qualname__}.{name} can't be used",
                    expected=f"{least} or more",
                    found=getattr(self, name),
                )

    def columns(self) -> list[str] | None:
        """Give the names of the columns, or None if there is no row of names.

        :raises DataFormatError: if the file ends before that row
        """
        if self.names_row < 0:
            return None
        with self._table() as table:
            return table.names

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        """Read rows one by one, as texts by the name of their column.

        Without a row of names, columns are called ``column_0``, ``column_1``, ...
        A missing value is None.

        :raises DataFormatError: with file and line, if a row is too long or too short,
            quoting is broken or the text can't be decoded; or if two names are the same
        """
        missing = self._missing
        with self._table() as table:
            keys = table.keys(0)  # names that are twice are wrong without any row, too
            for row in table.rows():
                keys = keys or table.keys(len(row.fields))
                check_length(row, len(keys), self.path)
                texts = row.fields
                values = [None if text in missing else text for text in texts] if missing else texts
                yield dict(zip(keys, values, strict=True))

    def batches(
        self, rows: int = BATCH_ROWS, types: Mapping[str, Any] | None = None
    ) -> Iterator[pl.DataFrame]:
        """Read tables of some rows at a time, for files larger than memory.

        All have the same types. Columns whose type isn't given are of integers, floats
        or text, whichever all their values are; to know it, the file is read once more.
        Empty fields don't count: among numbers, they are null.

        :param rows: how many rows a table has; the last may have fewer
        :param types: polars types, of integers, floats or text, by the name of the column
        :raises ParameterError: if a type is another, or for no column
        :raises DataFormatError: as iteration does; also if a value is not of its type
        """
        threaded("polars")
        import polars

        if rows < 1:
            raise ParameterError("a batch can't be of that size", expected="1 or more", found=rows)
        with self._columns(types or {}) as (columns, blocks):
            for block in blocks if columns.are_open else ():
                columns.convert(block)
        kept = without_rows(columns.types)
        with self._columns(columns.types) as (columns, blocks):
            for block in blocks:
                kept = polars.concat([kept, columns.convert(block)])
                whole = len(kept) - len(kept) % rows
                yield from kept[:whole].iter_slices(rows)
                kept = kept[whole:]
        if len(kept):
            yield kept

    def polars(self, types: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Read the table into polars.

        :param types: as for `batches`
        :raises ParameterError: as `batches`
        :raises DataFormatError: as `batches`
        """
        threaded("polars")
        import polars

        with self._columns(types or {}) as (columns, blocks):
            parts = [columns.convert(block) for block in blocks]
        empty = without_rows(columns.types)
        if any(part.schema != empty.schema for part in parts):  # since the types have changed
            del parts
            with self._columns(columns.types) as (columns, blocks):
                parts = [columns.convert(block) for block in blocks]
        return polars.concat([empty, *parts], rechunk=True)

    def arrow(self, types: Mapping[str, Any] | None = None) -> pa.Table:
        """Read the table into Arrow; needs pyarrow.

        :param types: as for `batches`
        :raises ParameterError: as `batches`; also if Arrow has no such type
        :raises DataFormatError: as `batches`
        :raises ImportError: if pyarrow isn't installed
        """
        required("pyarrow", "datamaestro-format-csv[arrow]")
        check_types_for("Arrow", types or {}, methodcaller("to_arrow"))
        return self.polars(types).to_arrow()

    def pandas(self, types: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Read the table into pandas; needs pandas, but not pyarrow.

        Integers with missing values become floats, as is usual there.

        :param types: as for `batches`
        :raises ParameterError: as `batches`; also if NumPy has no such type
        :raises DataFormatError: as `batches`
        :raises ImportError: if pandas isn't installed
        """
        pandas = required("pandas", "datamaestro-format-csv[pandas]")
        check_types_for("NumPy", types or {}, methodcaller("to_numpy"))
        table = self.polars(types)
        frame: pd.DataFrame = pandas.DataFrame({column.name: column.to_numpy() for column in table})
        return frame

    @property
    def _missing(self) -> frozenset[str]:
        return frozenset([self.missing] if isinstance(self.missing, str) else self.missing)

    def _dialect(self) -> Dialect:
        return Dialect(self.delimiter, self.quote, self.comment, self.encoding)

    def _heading_rows(self) -> int:
        return self.names_row + 1

    @contextmanager
    def _table(self) -> Iterator[Table]:
        dialect = self._dialect()
        with open_lines(self.path, dialect) as source:
            yield Table(
                self.path,
                source,
                dialect,
                ignore=self.ignore,
                names_row=self.names_row,
                heading_rows=self._heading_rows(),
            )

    @contextmanager
    def _columns(self, given: Mapping[str, Any]) -> Iterator[tuple[Columns, Iterator[Block]]]:
        """Open the file, and give what converts its blocks, and these.

        :param given: the types of columns that aren't to be found out
        """
        with self._table() as table:
            preview = table.preview()
            keys = table.keys(preview.columns)
            for name in given:
                if name not in keys:
                    raise ParameterError(
                        "there is no column to give a type to",
                        where=self.path,
                        expected=", ".join(keys),
                        found=repr(name),
                    )
            known = {name: readable_type(name, kind) for name, kind in given.items()}
            yield Columns(keys, known, self._missing), preview.blocks
