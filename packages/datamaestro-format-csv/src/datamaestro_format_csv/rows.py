"""Rows one by one, through the standard library's `csv`: exact, but not the fast way.

It reads the first rows of a file, files with quotes, rows as dictionaries, and
whatever the fast parser refused, to say what is wrong and where.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, NamedTuple

from datamaestro.errors import DataFormatError
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource, undecodable

__all__ = ["Row", "RowReader", "check_length"]

FIELD_LIMIT = 1 << 27
"""How many characters a field may have. Behind a quote that is never closed, all that follows is
one field: the parser keeps half a gigabyte of it then, and not four times the file."""


def _own_csv() -> Any:
    """Load what `csv` is made of once more, so as to have a limit of our own.

    ``csv.field_size_limit`` is one for all of a process: others may rely on theirs.
    """
    spec: Any = find_spec("_csv")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit(FIELD_LIMIT)
    return module


csv = _own_csv()


class Row(NamedTuple):
    """A row of a file.

    :param line: the number of its first line, from 1
    :param fields: its texts
    """

    line: int
    fields: list[str]


class RowReader(Iterator[Row]):
    """Reads rows from lines; empty lines and comments aren't rows.

    :raises DataFormatError: when iterated: broken quoting, or text that isn't UTF-8
    """

    def __init__(self, source: LineSource, dialect: Dialect, path: Path) -> None:
        self._source = source
        self._path = path
        self._comment = None if dialect.comment is None else dialect.comment.encode()
        self._encoding = dialect.encoding
        self._line = source.line
        self._in_row = False
        self._reader = csv.reader(
            self._lines(),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote or None,
            quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            doublequote=True,
            strict=True,
        )

    def __next__(self) -> Row:
        fields: list[str] = []
        while not fields:
            self._in_row = False
            try:
                fields = next(self._reader)
            except csv.Error as error:
                raise self._error(error) from error
        return Row(self._line, fields)

    def _lines(self) -> Iterator[str]:
        """Give lines to the parser, which asks for more while a quoted field is open."""
        while (line := self._source.take_line()) is not None:
            if not self._in_row:
                if self._comment is not None and line.startswith(self._comment):
                    continue
                self._line = self._source.line - 1
                self._in_row = True
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                line_number = self._source.line - 1
                raise undecodable(self._path, line_number, self._encoding, error) from error

    def _error(self, error: Exception) -> DataFormatError:
        hint = "quote='' reads quote characters as any other"
        if "new-line" in str(error):
            hint = r"rows end with \n or \r\n"
        return DataFormatError(
            "the row can't be parsed", where=f"{self._path}:{self._line}", found=error, hint=hint
        )


def check_length(row: Row, columns: int, path: Path) -> None:
    """Check how many fields a row has.

    :raises DataFormatError: if there aren't `columns`
    """
    if len(row.fields) != columns:
        raise DataFormatError(
            "a row has another number of fields than those before",
            where=f"{path}:{row.line}",
            expected=f"{columns} fields",
            found=f"{len(row.fields)}",
            hint="the delimiter or the quoting may be another",
        )
