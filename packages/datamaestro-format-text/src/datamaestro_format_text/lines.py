"""Lines of text, and what all types of text in lines have in common."""

from __future__ import annotations

import hashlib
import json
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

from datamaestro.data import File, Meta
from datamaestro.errors import DataFormatError, ParameterError
from datamaestro_format_text.index import KeyReader, LineError
from datamaestro_format_text.reader import (
    Reader,
    StaleIndexError,
    make_reader,
    open_reader,
    open_text,
)

__all__ = ["Lines", "Records"]

Record = TypeVar("Record")


class Records(File, ABC, Generic[Record]):
    """Records in the lines of a file, plain or under gzip (recognized by its content).

    Iterating reads the file from its start and needs nothing else (but ``list(x)`` asks
    for ``len(x)`` first). ``len(x)``, ``x[n]`` and ``x.get(id)`` use an index: it is made
    when it is first needed (0.15 s for 500 MB, 0.6 s with ids), kept in a hidden file
    beside the text or, where that folder can't be written or is full, in the user's cache,
    and made again when size, time or ends of the file changed, or no line is where it says.
    A file under gzip is also decompressed there, once; where neither has room for it, each
    object has a temporary copy. An object keeps to the index that it used first: after a
    change of the file, make another object.

    Text and index are mapped into memory. The file may be replaced or removed meanwhile, which
    is all that datamaestro does; but a program that shortens the file itself ends each process
    that then looks at a line that is gone (by the signal SIGBUS; Windows refuses to shorten it).

    :param path: the file
    :param encoding: of the text; one in which a line end is one byte, as in UTF-8
    """

    encoding: Meta[str] = "utf-8"

    def __post_init__(self) -> None:
        try:
            suits = "\n".encode(self.encoding) == b"\n"
        except (LookupError, ValueError):  # also for what isn't an encoding of text
            suits = False
        if not suits:
            raise ParameterError(
                f"{type(self).__qualname__}.encoding can't be used",
                expected="one that Python knows and that ends a line with the byte 0A",
                found=repr(self.encoding),
                hint="utf-8 skips the byte order mark that utf-8-sig is about",
            )

    @abstractmethod
    def _parser(self) -> Callable[[str], Record]:
        """Give a function that parses a line without its end; its ValueErrors say what is wrong."""

    def _header_lines(self) -> int:
        return 0

    def _key_reader(self) -> KeyReader | None:
        return None

    def __iter__(self) -> Iterator[Record]:
        """Read all records in order.

        :raises DataFormatError: with file and line, if a record is wrong, or the text
            can't be decoded
        """
        parse, encoding = self._parse, self.encoding
        with open_text(self.path, self._header_lines()) as lines:
            for line in lines:
                try:
                    record = parse(line.decode(encoding).rstrip("\r\n"))
                except (ValueError, RecursionError) as error:
                    raise self._wrong_line(self._number_of_wrong_line(), error) from error
                yield record

    def _number_of_wrong_line(self) -> int:
        """Look again where the first wrong line is: counting always would cost a tenth."""
        with open_text(self.path, self._header_lines()) as lines:
            for number, line in enumerate(lines):
                try:
                    self._parse(line.decode(self.encoding).rstrip("\r\n"))
                except (ValueError, RecursionError):
                    return number
        raise DataFormatError("the file changes while it is read", where=self.path)

    def __len__(self) -> int:
        """Give the number of records."""
        return len(self._reader.index)

    @overload
    def __getitem__(self, number: int) -> Record: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Record]: ...
    def __getitem__(self, number: int | slice) -> Record | Sequence[Record]:
        """Give a record by its number, from 0 or negative from the end, or a slice of them.

        :raises IndexError: if there are not so many
        :raises DataFormatError: with file and line, if the record is wrong
        """
        try:
            return self._item(number)
        except StaleIndexError:
            self._renew_index()
            return self._item(number)

    def _item(self, number: int | slice) -> Record | Sequence[Record]:
        reader = self._reader
        length = len(reader.index)
        if isinstance(number, slice):
            numbers = range(*number.indices(length))
            return [self._read(index, reader.line(index)) for index in numbers]
        number = operator.index(number)  # a small integer of NumPy can't be compared with length
        if not -length <= number < length:
            raise IndexError(f"{self.path} has {length} records, there is no number {number}")
        index = number % length
        return self._read(index, reader.line(index))

    def _find(self, key: bytes, default: Any) -> Any:
        """Give the first record of an id, or `default`."""
        if self._key_of is None:
            raise ParameterError(
                f"this {type(self).__qualname__} does not say where its ids are",
                where=self.path,
                hint="build it with id_column=... or id_field=...",
            )
        try:
            found = self._reader.find(key)
        except StaleIndexError:
            self._renew_index()
            found = self._reader.find(key)
        return default if found is None else self._read(*found)

    def _read(self, number: int, line: bytes) -> Record:
        try:
            return self._parse(line.decode(self.encoding).rstrip("\r\n"))
        except (ValueError, RecursionError) as error:
            raise self._wrong_line(number, error) from error

    def _wrong_line(self, number: int, error: Exception) -> DataFormatError:
        expected = f"text in {self.encoding}" if isinstance(error, UnicodeError) else None
        return DataFormatError(
            "the line can't be read",
            where=f"{self.path}:{number + 1 + self._header_lines()}",
            expected=expected,
            found=error,
        )

    # What is looked up often is looked up once.

    @cached_property
    def _parse(self) -> Callable[[str], Record]:
        return self._parser()

    @cached_property
    def _key_of(self) -> KeyReader | None:
        return self._key_reader()

    @cached_property
    def _reader(self) -> Reader:
        return self._opened(open_reader)

    def _renew_index(self) -> None:
        vars(self)["_reader"] = self._opened(make_reader)

    def _opened(self, opener: Callable[..., Reader]) -> Reader:
        try:
            return opener(
                self.path,
                header_lines=self._header_lines(),
                suffix=self._index_suffix(),
                key_of=self._key_of,
            )
        except LineError as error:
            raise self._wrong_line(error.number, error) from error

    def _index_suffix(self) -> str:
        """Name the index after all that it depends on besides the file."""
        key: Any = [self._header_lines(), *self._key_parameters()]
        return f"lines-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]}"

    def _key_parameters(self) -> list[Any]:
        return []

    def __getstate__(self) -> dict[str, Any]:
        # What is cached stays behind when a value goes to another process: maps can't.
        names = self._parameters()
        return {name: value for name, value in vars(self).items() if name in names}


class Lines(Records[str]):
    r"""Lines of text.

    A line ends with ``\n``, the last one not necessarily; any ``\r`` before are part of the end.

    >>> from pathlib import Path
    >>> _ = Path("fruit.txt").write_text("apple\npear\nplum\n")
    >>> fruit = Lines(path="fruit.txt")
    >>> len(fruit), fruit[1], fruit[-2:], list(fruit)
    (3, 'pear', ['pear', 'plum'], ['apple', 'pear', 'plum'])

    :param path: the file
    :param encoding: of the text; one in which a line end is one byte, as in UTF-8
    """

    def _parser(self) -> Callable[[str], str]:
        return str
