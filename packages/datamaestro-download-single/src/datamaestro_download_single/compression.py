"""Decompression on the way: gzip, bzip2, xz and Zstandard.

The kind follows from the URL's extension, and the stream's first bytes have to
agree: RFC 1952 (gzip), bzip2's ``BZh``, the xz format, RFC 8878 (Zstandard).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from io import BufferedReader
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from datamaestro.decompressors import (
    fastest_gzip,
    xz_decompressor,
    zstandard,
    zstandard_decompressor,
)
from datamaestro.errors import VerificationError
from datamaestro.utils import CHUNK_SIZE
from datamaestro_download_single.limits import Limit
from datamaestro_download_single.streams import Streams

__all__ = ["COMPRESSIONS", "GZIP", "START_SIZE", "Compression", "compression_of"]

START_SIZE = 6
"""How many bytes tell what a stream is."""


class _Library(NamedTuple):
    """What packs and unpacks.

    :param reader: gives a file object that reads what a stream holds
    :param compress: packs a content: for mock data, so speed doesn't matter
    :param damage: what the reader raises for damaged streams, besides EOFError and OSError
    """

    reader: Callable[[Any], Any]
    compress: Callable[[bytes], bytes]
    damage: type[Exception] = EOFError


class Compression(NamedTuple):
    """A way of compressing one file.

    :param name: as people call it
    :param magic: what its streams begin with
    :param library: imports what packs and unpacks it
    :param beginning: what else they may begin with, as a regular expression
    """

    name: str
    magic: bytes
    library: Callable[[], _Library]
    beginning: re.Pattern[bytes] | None = None

    def begins(self, start: bytes) -> bool:
        """Tell whether a stream begins as one of this kind; `start` has its first six bytes."""
        if self.beginning is not None and self.beginning.match(start):
            return True
        return start.startswith(self.magic)

    def compress(self, content: bytes) -> bytes:
        """Give what decompresses to `content`."""
        return self.library().compress(content)

    def decompress(
        self, stream: BufferedReader[Any], file: BinaryIO, where: str, limit: Limit
    ) -> None:
        """Write what `stream` holds to `file`.

        :param where: where it comes from, for messages
        :param limit: how much may come out of it
        :raises VerificationError: if it is damaged, cut off, or something else
        :raises DataFormatError: if it is too much
        """
        start = stream.peek(START_SIZE)[:START_SIZE]
        if not self.begins(start):
            found = repr(start[: len(self.magic)])
            raise VerificationError(
                f"not {self.name}", where=where, expected=repr(self.magic), found=found
            )
        library = self.library()
        packed = _Counted(stream)
        try:
            with library.reader(packed) as reader:
                while data := reader.read(CHUNK_SIZE):
                    limit.add(packed.taken(), len(data), where)
                    file.write(data)
        except (EOFError, OSError, library.damage) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's, not the decompressor's
            raise VerificationError(
                f"the {self.name} stream is damaged",
                where=where,
                found=f"{type(error).__name__}: {error}",
            ) from error


class _Counted:
    """A stream that counts the bytes that are read of it."""

    def __init__(self, stream: BufferedReader[Any]) -> None:
        self._stream = stream
        self._count = 0

    def taken(self) -> int:
        """Give how many bytes were read since this was asked last."""
        count, self._count = self._count, 0
        return count

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._count += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        count = self._stream.readinto(buffer)
        self._count += count
        return count


def _gzip() -> _Library:
    import gzip

    reader, damage = fastest_gzip()
    return _Library(lambda stream: reader(fileobj=stream), partial(gzip.compress, mtime=0), damage)


def _bzip2() -> _Library:
    import bz2

    return _Library(lambda stream: Streams(stream, bz2.BZ2Decompressor), bz2.compress)


def _xz() -> _Library:
    import lzma

    return _Library(lambda stream: Streams(stream, xz_decompressor), lzma.compress, lzma.LZMAError)


def _zstandard() -> _Library:
    zstd = zstandard()
    return _Library(
        lambda stream: Streams(stream, zstandard_decompressor), zstd.compress, zstd.ZstdError
    )


GZIP = Compression("gzip", b"\x1f\x8b", _gzip)

COMPRESSIONS: dict[str, Compression] = {
    ".gz": GZIP,
    ".bz2": Compression("bzip2", b"BZh", _bzip2),
    ".xz": Compression("xz", b"\xfd7zXZ\x00", _xz),
    # pzstd begins with a frame to be skipped.
    ".zst": Compression(
        "Zstandard", b"\x28\xb5\x2f\xfd", _zstandard, re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
    ),
}
"""The compressions by the extension of file names."""


def compression_of(filename: str) -> Compression | None:
    """Give the compression that a file name's extension tells of, or None.

    >>> compression_of("train-images-idx3-ubyte.gz").name
    'gzip'
    """
    return COMPRESSIONS.get(PurePosixPath(filename).suffix.lower())
