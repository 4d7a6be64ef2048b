"""Decompressors, and the pieces that they are given.

Some of them Python doesn't come with, or not every Python: the extras ``gzip`` and ``zstd`` of
``datamaestro-core`` install them. Each is imported when it is first needed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gzip import GzipFile

__all__ = [
    "MEMORY",
    "Decompressor",
    "Pieces",
    "fastest_gzip",
    "xz_decompressor",
    "zstandard",
    "zstandard_decompressor",
]

MEMORY = 2 << 30
"""Bytes that a decompressor may use for its dictionary: all that ``xz -9e`` and ``zstd
--long=31`` files need, and no more than a machine that handles such files has."""

_SMALLEST_PIECE = 1 << 12
_CONTENT = re.compile(rb"[^\0]")


class Decompressor(Protocol):
    """What decompresses one stream, piece by piece, as those of the standard library do."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more is given before further bytes are taken."""

    @property
    def unused_data(self) -> bytes:
        """What came after the stream's end."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Take further bytes, and give up to `max_length` decompressed ones."""


class Pieces:
    """The bytes of compressed streams that follow one another, in pieces.

    A decompressor copies what it doesn't take of a piece. Where streams are of a few bytes that
    is nearly all, so pieces begin small, and double as long as a stream goes on.

    :param read: gives up to as many further bytes as it is asked for; none at the end
    :param largest: how many bytes a piece has at the most
    :param data: what was read already
    """

    def __init__(self, read: Callable[[int], bytes], largest: int, data: bytes = b"") -> None:
        self._read = read
        self._largest = largest
        self._size = _SMALLEST_PIECE
        self._data = data
        self._at = 0
        self._before = 0  # bytes that were read before those at hand

    @property
    def position(self) -> int:
        """How many bytes were taken and not handed back."""
        return self._before + self._at

    def take(self) -> bytes:
        """Give the next piece; an empty one at the end."""
        if self._at == len(self._data) and not self._refill():
            return b""
        piece = self._data[self._at : self._at + self._size]
        self._at += len(piece)
        self._size = min(2 * self._size, self._largest)
        return piece

    def hand_back(self, count: int) -> None:
        """Take back the last bytes of the last piece: a stream has ended before them."""
        self._at -= count
        self._size = _SMALLEST_PIECE

    def upcoming(self, count: int) -> bytes:
        """Give the next bytes without taking them, fewer at the end; zeros before them go."""
        while (content := _CONTENT.search(self._data, self._at)) is None:
            self._at = len(self._data)
            if not self._refill():
                return b""
        self._at = content.start()
        while len(self._data) < self._at + count and self._refill():
            pass
        return self._data[self._at : self._at + count]

    def _refill(self) -> bool:
        """Read further bytes; tell whether there are any."""
        more = self._read(self._largest)
        if more:
            self._before += self._at
            self._data, self._at = self._data[self._at :] + more, 0
        return bool(more)


def fastest_gzip() -> tuple[Callable[..., GzipFile], type[Exception]]:
    """Give the class that reads gzip the fastest, and the error that it raises for damaged data.

    ISA-L is used where it is installed: it takes a third of the time of zlib for 500 MB. It reads
    half a megabyte at once.
    """
    try:
        from isal import igzip
    except ImportError:  # not installed, or no build for this processor
        import gzip
        import zlib

        return gzip.GzipFile, zlib.error
    library: Any = igzip
    return library.IGzipFile, library.igzip_lib.IsalError


def xz_decompressor() -> Decompressor:
    """Make what decompresses one stream of xz."""
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)


def zstandard() -> Any:
    """Give the module for Zstandard: the standard library's from Python 3.14 on, or its backport.

    :raises ImportError: if that isn't installed
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def zstandard_decompressor() -> Decompressor:
    """Make what decompresses one stream of Zstandard, also one of ``zstd --long=31``.

    :raises ImportError: as :func:`zstandard`
    """
    zstd = zstandard()
    options = {zstd.DecompressionParameter.window_log_max: 31}
    decompressor: Decompressor = zstd.ZstdDecompressor(options=options)
    return decompressor
