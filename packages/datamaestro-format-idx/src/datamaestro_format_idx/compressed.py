"""IDX files under gzip: decompressed straight into the array that is returned.

A map needs the plain bytes. Writing them to a second file would make reading
change the disk (and fail in a folder of somebody else), so they go to memory,
once, without an intermediate copy: the peak is the array itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from datamaestro.data.gzipped import decompressing
from datamaestro.utils import CHUNK_SIZE
from datamaestro_format_idx.header import Header, check_data_size, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["read_compressed", "read_compressed_header"]

TRAILER_SIZE = 4
"""Bytes of the uncompressed size that ends a gzip member (RFC 1952, ISIZE)."""

LARGEST_RATIO = 1032
"""Bytes that one byte of deflated data can stand for, at most (zlib's technical notes)."""


def read_compressed_header(file: BinaryIO, where: Path) -> Header:
    """Read the header of a compressed IDX file; only its first bytes are decompressed.

    :raises DataFormatError: as `read_header`, or if the file isn't sound gzip
    """
    with decompressing(file, where, beginning=True) as plain:
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
    with decompressing(file, where) as plain:
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
    with decompressing(file, where) as plain:
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
