"""Decompression on the way: gzip, bzip2, xz and Zstandard.

The kind follows from the URL's extension, and the stream's first bytes have to
agree: RFC 1952 (gzip), bzip2's ``BZh``, the xz format, RFC 8878 (Zstandard).
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from io import BufferedReader
from pathlib import PurePosixPath
from typing import Any, BinaryIO, ClassVar

from datamaestro.decompressors import fastest_gzip, zstandard
from datamaestro.errors import VerificationError
from datamaestro.utils import CHUNK_SIZE
from datamaestro_download_single.streams import Streams

__all__ = ["COMPRESSIONS", "START_SIZE", "Compression", "Gzip", "compression_of"]

START_SIZE = 6
"""How many bytes tell what a stream is."""


class Compression(ABC):
    """A way of compressing one file.

    :cvar name: as people call it
    :cvar magic: what its streams begin with
    """

    name: ClassVar[str]
    magic: ClassVar[bytes]

    @abstractmethod
    def reader(self, stream: BinaryIO) -> Any:
        """Give a file object that reads what `stream` holds."""

    @abstractmethod
    def compress(self, content: bytes) -> bytes:
        """Give what :meth:`reader` reads as `content`: for mock data, so speed doesn't matter."""

    def begins(self, start: bytes) -> bool:
        """Tell whether a stream begins as one of this kind; `start` has its first six bytes."""
        return start.startswith(self.magic)

    def errors(self) -> tuple[type[Exception], ...]:
        """Give what the reader raises for damaged streams, besides EOFError and OSError."""
        return ()

    def decompress(self, stream: BufferedReader[Any], file: BinaryIO, where: str) -> None:
        """Write what `stream` holds to `file`.

        :param where: where it comes from, for messages
        :raises VerificationError: if it is damaged, cut off, or something else
        """
        start = stream.peek(START_SIZE)[:START_SIZE]
        if not self.begins(start):
            found = repr(start[: len(self.magic)])
            raise VerificationError(
                f"not {self.name}", where=where, expected=repr(self.magic), found=found
            )
        try:
            with self.reader(stream) as reader:
                shutil.copyfileobj(reader, file, CHUNK_SIZE)
        except (EOFError, OSError, *self.errors()) as error:  # type: ignore[misc]
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's, not the decompressor's
            raise VerificationError(
                f"the {self.name} stream is damaged",
                where=where,
                found=f"{type(error).__name__}: {error}",
            ) from error


class Gzip(Compression):
    """gzip, of which handlers know some more: how large the content is, and its CRC-32."""

    name = "gzip"
    magic = b"\x1f\x8b"

    def reader(self, stream: BinaryIO) -> Any:
        reader, _ = fastest_gzip()
        return reader(fileobj=stream)

    def compress(self, content: bytes) -> bytes:
        import gzip

        return gzip.compress(content, mtime=0)

    def errors(self) -> tuple[type[Exception], ...]:
        _, damage = fastest_gzip()
        return (damage,)


class _Bzip2(Compression):
    name = "bzip2"
    magic = b"BZh"

    def reader(self, stream: BinaryIO) -> Any:
        import bz2

        return Streams(stream, bz2.BZ2Decompressor)

    def compress(self, content: bytes) -> bytes:
        import bz2

        return bz2.compress(content)


class _Xz(Compression):
    name = "xz"
    magic = b"\xfd7zXZ\x00"

    def reader(self, stream: BinaryIO) -> Any:
        import lzma

        return Streams(stream, lzma.LZMADecompressor)

    def compress(self, content: bytes) -> bytes:
        import lzma

        return lzma.compress(content)

    def errors(self) -> tuple[type[Exception], ...]:
        import lzma

        return (lzma.LZMAError,)


class _Zstandard(Compression):
    name = "Zstandard"
    magic = b"\x28\xb5\x2f\xfd"

    def begins(self, start: bytes) -> bool:
        skippable = start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5  # as pzstd writes
        return skippable or super().begins(start)

    def reader(self, stream: BinaryIO) -> Any:
        zstd = zstandard()
        options = {zstd.DecompressionParameter.window_log_max: 31}  # up to zstd --long=31
        return Streams(stream, lambda: zstd.ZstdDecompressor(options=options))

    def compress(self, content: bytes) -> bytes:
        compressed: bytes = zstandard().compress(content)
        return compressed

    def errors(self) -> tuple[type[Exception], ...]:
        return (zstandard().ZstdError,)


COMPRESSIONS: dict[str, Compression] = {
    ".gz": Gzip(),
    ".bz2": _Bzip2(),
    ".xz": _Xz(),
    ".zst": _Zstandard(),
}
"""The compressions by the extension of file names."""


def compression_of(filename: str) -> Compression | None:
    """Give the compression that a file name's extension tells of, or None.

    >>> compression_of("train-images-idx3-ubyte.gz").name
    'gzip'
    """
    return COMPRESSIONS.get(PurePosixPath(filename).suffix.lower())
