"""Members as files that are open for reading."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from datamaestro_download_archive.random_access import RandomAccess

__all__ = ["buffered", "holed_pieces", "section"]

_BUFFER = 1 << 17
_HOLE = 1 << 20


class _Member(io.RawIOBase):
    """A member of known size; subclasses read at :attr:`_position`."""

    def __init__(self, size: int, close: Callable[[], object]) -> None:
        super().__init__()
        self._size = size
        self._position = 0
        self._close = close

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative position {base + offset}")
        self._position = base + offset
        return self._position

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._close()


class _Section(_Member):
    """A member that lies in a file as it is."""

    def __init__(self, file: RandomAccess, start: int, size: int) -> None:
        super().__init__(size, file.close)
        self._file = file
        self._start = start

    def readinto(self, buffer: Any, /) -> int:
        count = max(0, min(len(buffer), self._size - self._position))
        data = self._file.read_at(self._start + self._position, count)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class _Pieces(_Member):
    """A member that comes in pieces; going back means beginning again."""

    def __init__(
        self, begin: Callable[[], Iterator[bytes]], size: int, close: Callable[[], object]
    ) -> None:
        super().__init__(size, close)
        self._begin = begin
        self._rewind()

    def _rewind(self) -> None:
        self._pieces = self._begin()
        self._piece = b""
        self._piece_start = 0

    def readinto(self, buffer: Any, /) -> int:
        if self._position < self._piece_start:
            self._rewind()
        while self._position >= self._piece_start + len(self._piece):
            self._piece_start += len(self._piece)
            try:
                self._piece = next(self._pieces, b"")
            except BaseException:
                self._rewind()  # an iterator that has raised would end without an error
                raise
            if not self._piece:
                return 0
        start = self._position - self._piece_start
        data = self._piece[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def section(file: RandomAccess, start: int, size: int) -> BinaryIO:
    """Give `size` bytes of a file, from `start` on, as a file; closing it closes `file`."""
    return io.BufferedReader(_Section(file, start, size), _BUFFER)


def buffered(
    begin: Callable[[], Iterator[bytes]], size: int, close: Callable[[], object]
) -> BinaryIO:
    """Give what comes in pieces as a file.

    :param begin: gives the pieces, from the first one on, whenever it is called
    :param size: of all pieces together
    :param close: called when the file is closed
    """
    return io.BufferedReader(_Pieces(begin, size, close), _BUFFER)


def holed_pieces(
    stored: Callable[[int], Iterator[memoryview]], extents: list[tuple[int, int]], size: int
) -> Iterator[bytes]:
    """Give a file with holes in pieces: zeros where nothing is stored.

    :param stored: gives as many of the stored bytes as it is asked for, from where it was
    :param extents: offset and length of each stored run in the file
    """
    position = 0
    for offset, length in [*extents, (size, 0)]:
        while position < offset:
            count = min(_HOLE, offset - position)
            yield bytes(count)
            position += count
        yield from map(bytes, stored(length))
        position += length
