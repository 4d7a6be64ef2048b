"""Compressed streams, one after the other, read to their very end.

The file objects of the standard library ignore what follows the first stream if it can't be read:
where that is damaged, a file would be too short, and nobody would be told.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from datamaestro.decompressors import Decompressor, Pieces
from datamaestro.utils import CHUNK_SIZE

__all__ = ["Streams"]


class Streams(io.RawIOBase):
    """The content of compressed streams that follow one another; zeros after one are padding.

    :param file: the streams
    :param new: makes what unpacks one of them
    """

    def __init__(self, file: BinaryIO, new: Callable[[], Decompressor]) -> None:
        self._pieces = Pieces(file.read, CHUNK_SIZE)
        self._new = new
        self._decompressor = new()
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some more.

        :raises EOFError: if the last stream is cut off
        """
        while (packed := self._packed()) is not None:
            data = self._decompressor.decompress(packed, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
        return 0

    def _packed(self) -> bytes | None:
        """Give what is to be unpacked next, which may be nothing; None at the end."""
        if self._decompressor.eof and not self._next_stream():
            return None
        if not self._decompressor.needs_input:
            return b""
        data = self._pieces.take()
        if not data:
            raise EOFError("it is cut off")
        return data

    def _next_stream(self) -> bool:
        if self._ended:
            return False
        self._pieces.hand_back(len(self._decompressor.unused_data))
        self._ended = not self._pieces.upcoming(1)
        if not self._ended:
            self._decompressor = self._new()
        return not self._ended
