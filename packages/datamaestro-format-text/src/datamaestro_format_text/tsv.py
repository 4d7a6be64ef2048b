"""Tab-separated values."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from operator import methodcaller
from typing import Any

from datamaestro.data import Meta, Param
from datamaestro.errors import DataFormatError, ParameterError
from datamaestro_format_text.index import KeyReader, key_of_id
from datamaestro_format_text.lines import Records
from datamaestro_format_text.reader import open_text

__all__ = ["TSV"]

TAB = b"\t"


class TSV(Records[list[str]]):
    r"""Rows of fields with a tab between two; a field holds neither tab nor line end.

    Format: https://www.iana.org/assignments/media-types/text/tab-separated-values.
    There is no quoting. A row is a list of texts.

    >>> from pathlib import Path
    >>> _ = Path("pets.tsv").write_text("id\tname\n7\tTom\n9\tPolly\n")
    >>> pets = TSV(path="pets.tsv", header=True, id_column="id")
    >>> pets.columns(), pets[0], pets.get("9"), pets.get("8")
    (['id', 'name'], ['7', 'Tom'], ['9', 'Polly'], None)

    :param path: the file
    :param encoding: of the text; one in which a line end is one byte, as in UTF-8
    :param header: whether the first line holds the names of the columns
    :param names: the names of the columns, where the file does not hold them. Where
        names are known, every row must have as many fields
    :param id_column: the column of the ids, by its name or its number from 0 or
        negative from the end; None if there are none. If rows share an id, `get` gives
        the first
    """

    header: Meta[bool] = False
    names: Param[Sequence[str] | None] = None
    id_column: Param[str | int | None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.names, str):
            raise ParameterError(
                "TSV.names is one text, whose letters would be taken for names",
                expected="several names: ['id', 'text']",
                found=repr(self.names),
            )
        if self.header and self.names is not None:
            raise ParameterError(
                "TSV.names and TSV.header exclude each other",
                expected="names=... or header=True",
                found="both",
            )
        if isinstance(self.id_column, str) and not self.header and self.names is None:
            raise ParameterError(
                "TSV.id_column is a name, but the columns have none",
                expected="a number, or header=True, or names=...",
                found=repr(self.id_column),
            )

    def columns(self) -> list[str] | None:
        """Give the names of the columns, or None if they have none.

        :raises DataFormatError: if there is no header where one should be
        """
        return None if self._columns is None else list(self._columns)

    def get(
        self,
        id: str | int,  # noqa: A002
        default: list[str] | None = None,
    ) -> list[str] | None:
        """Give the row of an id, or `default` if there is none.

        An integer and its text are the same id.

        :raises ParameterError: if no `id_column` was given
        :raises DataFormatError: when the index is made: with file and line, if a row has
            no such column
        """
        row: list[str] | None = self._find(key_of_id(id), default)
        return row

    def _parser(self) -> Callable[[str], list[str]]:
        split = methodcaller("split", "\t")
        if self._columns is None:
            return split
        width = len(self._columns)

        def parse(text: str) -> list[str]:
            fields: list[str] = split(text)
            if len(fields) != width:
                raise ValueError(f"{len(fields)} fields, where there are {width} columns")
            return fields

        return parse

    def _header_lines(self) -> int:
        return int(self.header)

    @cached_property
    def _columns(self) -> Sequence[str] | None:
        if not self.header:
            return self.names
        with open_text(self.path) as lines:
            line = lines.readline()
        if not line:
            raise DataFormatError(
                "the file is empty", where=self.path, expected="a line with the names of columns"
            )
        try:
            return line.decode(self.encoding).rstrip("\r\n").split("\t")
        except UnicodeDecodeError as error:
            raise self._wrong_line(-1, error) from error

    @cached_property
    def _id_number(self) -> int | None:
        if not isinstance(self.id_column, str):
            return self.id_column
        names = list(self._columns or ())
        if names.count(self.id_column) != 1:
            several = self.id_column in names
            raise DataFormatError(
                f"there {'are several such columns' if several else 'is no such column'} "
                "to hold the ids",
                where=self.path,
                expected="a column's number" if several else ", ".join(names),
                found=repr(self.id_column),
            )
        return names.index(self.id_column)

    @property
    def _holds_keys(self) -> bool:
        """Whether ids lie in the file as keys do, in UTF-8."""
        return codecs.lookup(self.encoding).name in ("utf-8", "ascii")

    def _key_parameters(self) -> list[Any]:
        if self.id_column is None:
            return []
        return ["tsv", self._id_number, *([] if self._holds_keys else [self.encoding])]

    def _key_reader(self) -> KeyReader | None:
        column = self._id_number
        if column is None:
            return None
        field = _first_field if column == 0 else partial(_field, column)
        return field if self._holds_keys else partial(_transcoded, field, self.encoding)


def _transcoded(field: KeyReader, encoding: str, line: bytes) -> bytes:
    """Give a field of a line in an encoding that may write one text in several ways.

    What can't be decoded is told once the line is read, as in UTF-8.
    """
    return field(line.decode(encoding, "replace").encode("utf-8", "surrogatepass"))


def _first_field(line: bytes) -> bytes:
    end = line.find(TAB)
    return line[:end] if end >= 0 else line.rstrip(b"\r\n")


def _field(column: int, line: bytes) -> bytes:
    # Without the line's end, and no other: a field may end with a carriage return.
    fields = line.rstrip(b"\r\n").split(TAB, column + 1 if column > 0 else -1)
    try:
        return fields[column]
    except IndexError:
        raise ValueError(f"{len(fields)} fields, where the id is in number {column}") from None
