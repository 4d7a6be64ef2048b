"""Files with holes in tar archives: where their pieces belong.

GNU tar has four ways to write them (*GNU tar manual*, "Storing Sparse Files"):
blocks after the header (old GNU), pax records 0.0 and 0.1, and a map at the
beginning of the data (1.0). All give pairs of offset and length.
"""

from __future__ import annotations

from collections.abc import Callable

from datamaestro_download_archive.errors import DamagedArchiveError, damaged
from datamaestro_download_archive.tar_header import BLOCK, decimal, number

__all__ = ["Extents", "checked_extents", "old_gnu_map", "pax_map", "stored_map"]

Extents = list[tuple[int, int]]

MOST_EXTENTS = 1_000_000
"""Pieces of one file: the map is kept in memory."""

_IN_MAP = "number in the map of a sparse member"


def _damaged(archive: str, found: str) -> DamagedArchiveError:
    return damaged(
        archive,
        "the map of a sparse member is damaged",
        expected="offsets and lengths in order, within the file",
        found=found,
    )


def old_gnu_map(block: bytes, take: Callable[[int], bytes], archive: str) -> tuple[int, Extents]:
    """Read the map in and after a header of type ``S``; gives the file's size too."""
    size = number(block[483:495], "size", archive)
    extents = _pairs(block[386:482], archive)
    extended = block[482]
    while extended:
        block = take(BLOCK)
        if len(block) < BLOCK or len(extents) > MOST_EXTENTS:
            raise _damaged(archive, f"{len(extents)} pieces and no end")
        extents += _pairs(block[:504], archive)
        extended = block[504]
    return size, extents


def _pairs(fields: bytes, archive: str) -> Extents:
    """Read pairs of 12-byte numbers up to the first empty one."""
    pairs = []
    for start in range(0, len(fields), 24):
        if not fields[start]:
            break
        pairs.append(
            (
                number(fields[start : start + 12], "offset", archive),
                number(fields[start + 12 : start + 24], "length", archive),
            )
        )
    return pairs


def pax_map(records: list[tuple[str, bytes]], archive: str) -> Extents | None:
    """Read the map in pax records: of version 0.1 at once, of 0.0 pair by pair."""
    numbers: list[bytes] = []
    found = False
    for keyword, value in records:
        if keyword == "GNU.sparse.map":
            numbers, found = value.split(b","), True
        elif keyword in ("GNU.sparse.offset", "GNU.sparse.numbytes"):
            numbers.append(value)
            found = True
    if not found:
        return None
    return _paired([decimal(item, _IN_MAP, archive) for item in numbers if item], archive)


def stored_map(take: Callable[[int], bytes], archive: str) -> tuple[int, Extents]:
    """Read the map at the beginning of the data (version 1.0); gives its length too."""
    data = b""
    wanted = 1
    numbers: list[int] = []
    length = 0
    while len(numbers) < wanted:
        while b"\n" not in data:
            block = take(BLOCK)
            if len(block) < BLOCK or len(data) > BLOCK:
                raise _damaged(archive, "a map without an end")
            data += block
            length += BLOCK
        digits, _, data = data.partition(b"\n")
        numbers.append(decimal(digits, _IN_MAP, archive))
        wanted = 1 + 2 * min(numbers[0], MOST_EXTENTS + 1)
    return length, _paired(numbers[1:], archive)


def _paired(numbers: list[int], archive: str) -> Extents:
    if len(numbers) % 2 or len(numbers) > 2 * MOST_EXTENTS:
        raise _damaged(archive, f"{len(numbers)} numbers")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def checked_extents(extents: Extents, size: int, stored: int, archive: str) -> Extents:
    """Check a map: in order, within the file, and of as many bytes as are stored.

    :raises DamagedArchiveError: if it isn't so
    """
    end = 0
    for offset, length in extents:
        if offset < end or offset + length > size:
            raise _damaged(archive, f"{length} bytes at {offset} of {size}")
        end = offset + length
    total = sum(length for _, length in extents)
    if total != stored:
        raise _damaged(archive, f"{total} bytes mapped, {stored} stored")
    return [(offset, length) for offset, length in extents if length]
