"""An open CSV file: its heading is read, its blocks are to come."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from datamaestro.errors import DataFormatError
from datamaestro_format_csv.blocks import Block, read_blocks
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource
from datamaestro_format_csv.rows import Row, RowReader

__all__ = ["Preview", "Table"]


class Preview(NamedTuple):
    """What the first rows tell.

    :param columns: how many fields the rows have; 0 if nothing says so
    :param rows: the rows of the first block, read while iterated
    :param blocks: all blocks, the first included; none if there is no row
    """

    columns: int
    rows: Iterable[Row]
    blocks: Iterator[Block]


class Table:
    """A CSV file that is open.

    :param source: its lines
    :param ignore: how many lines to skip first, whatever they hold
    :param names_row: the number of the row of names, from 0; -1 if there is none
    :param heading_rows: how many rows there are before the data, that of names included
    :raises DataFormatError: if the file ends before its heading does, or what to skip
    """

    def __init__(
        self,
        path: Path,
        source: LineSource,
        dialect: Dialect,
        *,
        ignore: int,
        names_row: int,
        heading_rows: int,
    ) -> None:
        self.path = path
        self._source = source
        self._dialect = dialect
        for number in range(ignore):
            if source.take_line() is None:
                raise DataFormatError(
                    "the file ends before its heading does",
                    where=path,
                    expected=f"{ignore} lines to ignore",
                    found=f"{number} lines",
                )
        self.heading = list(itertools.islice(self.rows(), heading_rows))
        if len(self.heading) < heading_rows:
            raise DataFormatError(
                "the file ends before its heading does",
                where=path,
                expected=f"{heading_rows} rows of heading after {ignore} ignored lines",
                found=f"{len(self.heading)} rows",
            )
        self.names: list[str] = self.heading[names_row].fields if names_row >= 0 else []

    @property
    def progress(self) -> float:
        """The share of the file that has been read, 0 to 1."""
        return self._source.progress()

    def rows(self) -> RowReader:
        """Read the remaining rows one by one."""
        return RowReader(self._source, self._dialect, self.path)

    def blocks(self) -> Iterator[Block]:
        """Read the remaining rows in blocks."""
        return read_blocks(self._source, self._dialect, self.path)

    def preview(self) -> Preview:
        """Look at the first of the remaining rows, and give them back with the others."""
        blocks = self.blocks()
        skipped = []
        for block in blocks:
            skipped.append(block)
            if (first := next(block.rows(), None)) is not None:
                columns = len(self.names) or len(first.fields)
                return Preview(columns, block.rows(), itertools.chain(skipped, blocks))
        return Preview(len(self.names), [], iter(()))

    def keys(self, columns: int) -> list[str]:
        """Give each column a name of its own: that in the file, or ``column_0`` and so on.

        :raises DataFormatError: if two columns have the same name
        """
        if not self.names:
            return [f"column_{index}" for index in range(columns)]
        for name, count in Counter(self.names).items():
            if count > 1:
                raise DataFormatError(
                    "two columns have the same name",
                    where=self.path,
                    found=repr(name),
                    hint="names_row=-1 and a larger ignore=... give them numbers instead",
                )
        return self.names
