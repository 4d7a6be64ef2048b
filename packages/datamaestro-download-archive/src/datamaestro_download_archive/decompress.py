"""Decompressing streams as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from datamaestro.decompressors import Decompressor, Pieces
from datamaestro_download_archive import content
from datamaestro_download_archive.errors import DamagedArchiveError, damaged
from datamaestro_download_archive.inflate import decompression_errors, new_decompressor
from datamaestro_download_archive.limits import Budget

__all__ = ["CHUNK", "PIECE", "decompressed", "read_head"]

CHUNK = 1 << 18
"""Bytes that are moved at once: they stay in the processor's cache between decompressing and
writing, and in memory that the process has. With 1 MiB, the system gives and takes pages for
each piece (137,000 faults for 512 MiB, and twice the system's time)."""

PIECE = 1 << 17
"""Bytes that are given to a decompressor at once: it copies what it doesn't take."""


def read_head(stream: BinaryIO) -> bytes:
    """Read enough of a stream to tell what it is."""
    head = b""
    while len(head) < content.HEAD_SIZE and (more := stream.read(PIECE - len(head))):
        head += more
    return head


def decompressed(
    stream: BinaryIO,
    head: bytes,
    archive: str,
    budget: Budget,
    points: list[tuple[int, int]] | None = None,
) -> Iterator[bytes]:
    """Decompress a stream, and others of any compression that may follow it in the file.

    :param head: what was read of `stream` already
    :param points: takes, for each stream, where it begins in the file and decompressed; not
        more often than each `CHUNK`
    :raises DamagedArchiveError: if it is cut off, or can't be decompressed
    :raises ArchiveLimitError: if too much comes out
    """
    pieces = Pieces(stream.read, PIECE, head)
    produced = counted = 0
    while beginning := pieces.upcoming(content.HEAD_SIZE):
        compression = content.compression_of(beginning)
        if compression is None:
            raise _damaged(archive, "compressed", "something else follows its end")
        if points is not None and (not points or produced - points[-1][1] >= CHUNK):
            points.append((pieces.position, produced))
        decompressor = new_decompressor(compression)
        while not decompressor.eof:
            data = b""
            if decompressor.needs_input:
                data = pieces.take()
                if not data:
                    raise _damaged(archive, compression, "it is cut off")
            chunk = _decompress(decompressor, data, compression, archive)
            budget.add_unpacked(pieces.position - counted, len(chunk))
            counted = pieces.position
            produced += len(chunk)
            if chunk:
                yield chunk
        pieces.hand_back(len(decompressor.unused_data))


def _decompress(decompressor: Decompressor, data: bytes, compression: str, archive: str) -> bytes:
    try:
        return decompressor.decompress(data, CHUNK)
    except decompression_errors() as error:
        raise _damaged(archive, compression, str(error)) from None


def _damaged(archive: str, compression: str, why: str) -> DamagedArchiveError:
    return damaged(
        archive,
        "the compressed archive is damaged",
        expected=f"whole {compression} data",
        found=why,
    )
