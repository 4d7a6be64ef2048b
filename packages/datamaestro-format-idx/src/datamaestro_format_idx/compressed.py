"""IDX files under gzip: decompressed straight into the array that is returned.

A map needs the plain bytes. Writing them to a second file would make reading
change the disk (and fail in a folder of somebody else), so they go to memory,
once, without an intermediate copy: the peak is the array itself.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from datamaestro.errors import DataFormatError
from datamaestro.utils import CHUNK_SIZE
from datamaestro_format_idx.header import Header, check_data_size, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["is_compressed", "read_compressed", "read_compressed_header"]

GZIP_MAGIC = b"\x1f\x8b"
TRAILER_SIZE = 4
"""Bytes of the uncompressed size that ends a gzip member (RFC 1952, ISIZE)."""

LARGEST_RATIO = 1032
"""Bytes that one byte of deflated data can stand for, at most (zlib's technical notes)."""


def is_compressed(file: BinaryIO) -> bool:
    """Say whether a file is gzip by its first bytes; an IDX file begins with two zeros."""
    start = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return start == GZIP_MAGIC


def read_compressed_header(file: BinaryIO, where: Path) -> Header:
    """Read the header of a compressed IDX file; only its first bytes are decompressed.

    :raises DataFormatError: as `read_header`, or if the file isn't sound gzip
    """
    with _decompress(file, where) as plain:
        return read_header(plain.read, where)


def read_compressed(file: BinaryIO, where: Path) -> tuple[Header, NDArray[np.uint8]]:
    """Read a compressed IDX file.

    :return: the header, and the bytes of the elements as a vector of uint8
    :raises DataFormatError: if the file isn't sound gzip or isn't IDX, or if its
        size does not fit its header, the latter before the array is allocated
        (a forged gzip trailer only delays the error)
    """
    import numpy as np

    header = read_compressed_header(file, where)
    if not _is_plausible(file, header):
        # Several members, padding, or a wrong file: count before allocating.
        check_data_size(header, _count(file, where) - header.size, where)
    with _decompress(file, where) as plain:
        plain.read(header.size)
        elements = np.empty(header.data_size, np.uint8)
        found = _fill(plain, elements.data)
        check_data_size(header, found + len(plain.read(1)), where)
    return header, elements


def _is_plausible(file: BinaryIO, header: Header) -> bool:
    """Say whether the size that the gzip trailer states fits the header."""
    expected = header.size + header.data_size
    compressed = file.seek(-TRAILER_SIZE, os.SEEK_END) + TRAILER_SIZE
    stated = int.from_bytes(file.read(TRAILER_SIZE), "little")
    return stated == expected % 2**32 and expected <= compressed * LARGEST_RATIO


def _count(file: BinaryIO, where: Path) -> int:
    buffer = memoryview(bytearray(CHUNK_SIZE))
    with _decompress(file, where) as plain:
        return sum(iter(lambda: plain.readinto(buffer), 0))


def _fill(plain: Any, target: memoryview) -> int:
    """Read until `target` is full or the file ends; give the number of bytes read."""
    filled = 0
    while filled < len(target):
        count = plain.readinto(target[filled : filled + CHUNK_SIZE])
        if not count:
            break
        filled += count
    return filled


@contextmanager
def _decompress(file: BinaryIO, where: Path) -> Iterator[gzip.GzipFile]:
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) as plain:
            yield plain
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataFormatError(
            "damaged gzip data",
            where=where,
            found=error,
            hint="the file may be a partial copy",
        ) from error
