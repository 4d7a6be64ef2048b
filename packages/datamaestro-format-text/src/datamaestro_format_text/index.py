"""The index of a text: where its lines begin, and which lines have which id.

One file, little- or big-endian as the machine is, mapped when it is used::

    8 bytes     magic, with the machine's byte order and the version of the layout
    header      see `HEADER`
    starts      lines + 1 offsets, the last is the end of the text
    rows        lines numbers of lines, in the order of their bucket   (with ids only)
    buckets     2**bits + 1 positions in rows, one for each bucket     (with ids only)

A bucket holds the lines whose id has the same top bits in its CRC-32: about one line,
whose text tells whether it is the right one. Ids themselves are not stored, so a
million lines take 12 MB. Numbers have four bytes where that is enough, else eight.

(The CRC of a key is a call of 60 ns; a hash of its words that numpy could compute for
all ids at once took a loop of 0.8 µs for one, and saved nothing when building.)
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Index", "KeyReader", "LineError", "Stamp", "build_index", "key_of_id", "read_index"]

HASH_BITS = 32
MAGIC = b"DMTEXT" + (b"<" if sys.byteorder == "little" else b">") + b"2"
HEADER = struct.Struct("=8sQq32sQQQI")
"""Magic, source's size, mtime (ns) and ends, text's size, lines, bits (0: no ids), CRC-32."""

BATCH_LINES = 1 << 12
"""How many lines are looked at together; few enough to stay in the cache."""

FOUR_BYTES = 2**32


KeyReader = Callable[[bytes], bytes]
"""Gives the id of a line, with its end; a ValueError says why it has none."""


class LineError(ValueError):
    """A line is wrong.

    :param number: its number, from 0
    """

    def __init__(self, number: int, error: ValueError) -> None:
        super().__init__(str(error))
        self.number = number


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file has changed.

    :param size: in bytes
    :param modified: in nanoseconds
    :param ends: a hash of its first and last bytes; in the last ones, gzip has a checksum
    """

    size: int
    modified: int
    ends: bytes


@dataclass(frozen=True)
class Index:
    """An index in memory, or mapped.

    :param text_size: of the text, in bytes
    :param starts: the offset of each line, and the end of the text
    :param rows: the numbers of all lines, by bucket; empty without ids
    :param buckets: where each bucket begins in `rows`, and its end; empty without ids
    :param shift: how many bits of a hash are not part of the number of the bucket
    """

    text_size: int
    starts: memoryview[int]
    rows: memoryview[int]
    buckets: memoryview[int]
    shift: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def key_of_id(id: str | int) -> bytes:  # noqa: A002
    """Give what is looked up for an id: its text in UTF-8, with halves of characters.

    JSON and UTF-7 may hold such, which UTF-8 may not.
    """
    return str(id).encode("utf-8", "surrogatepass")


def build_index(
    lines: Iterable[bytes], start: int, stamp: Stamp, text_size: int, key_of: KeyReader | None
) -> bytes:
    """Make an index.

    :param lines: all lines with their ends, the first of which is at the offset `start`
    :param stamp: of the file that the user named
    :param key_of: gives the id of a line; None if there are none
    :return: the bytes of the file of the index
    :raises LineError: if a line has no id
    """
    code = "I" if text_size < FOUR_BYTES else "Q"
    if key_of is None:
        # In C from end to end: as fast as numpy's search for line ends (0.15 s for 500 MB).
        starts = array(code, accumulate(map(len, lines), initial=start))
        return _pack(stamp, text_size, len(starts) - 1, 0, [starts.tobytes()])
    starts = array(code, [start])
    hashes = array("I")
    for batch in _batches(lines):
        hashes.extend(map(zlib.crc32, _keys(batch, key_of, len(starts) - 1)))
        starts.extend(islice(accumulate(map(len, batch), initial=starts[-1]), 1, None))
    bits = min(HASH_BITS, max(1, (len(hashes) - 1).bit_length()))
    rows, buckets = _group(hashes, bits)
    parts = [starts.tobytes(), rows.tobytes(), buckets.tobytes()]
    return _pack(stamp, text_size, len(starts) - 1, bits, parts)


def read_index(content: memoryview[int], stamp: Stamp) -> Index | None:
    """Use the bytes of an index; None if they are damaged, or of another state of the file."""
    if len(content) < HEADER.size:
        return None
    magic, *known, text_size, lines, bits, checksum = HEADER.unpack_from(content)
    if magic != MAGIC or Stamp(*known) != stamp or bits > HASH_BITS:
        return None
    start_code = "I" if text_size < FOUR_BYTES else "Q"
    row_code = "I" if lines < FOUR_BYTES else "Q"
    counts = [lines + 1, lines if bits else 0, 2**bits + 1 if bits else 0]
    parts: list[memoryview[int]] = []
    offset = _aligned(HEADER.size)
    for count, code in zip(counts, (start_code, row_code, row_code), strict=True):
        end = offset + count * array(code).itemsize
        if end > len(content):
            return None
        parts.append(content[offset:end].cast(code))  # type: ignore[call-overload]
        offset = _aligned(end)
    # A bit that flipped must not become another line: 10 ms for a million lines.
    if offset != len(content) or zlib.crc32(content[_aligned(HEADER.size) :]) != checksum:
        return None
    starts, rows, buckets = parts
    return Index(text_size, starts, rows, buckets, HASH_BITS - bits)


def _pack(stamp: Stamp, text_size: int, lines: int, bits: int, parts: list[bytes]) -> bytes:
    body = b"".join(part + bytes(_aligned(len(part)) - len(part)) for part in parts)
    known = (stamp.size, stamp.modified, stamp.ends)
    header = HEADER.pack(MAGIC, *known, text_size, lines, bits, zlib.crc32(body))
    return header + bytes(_aligned(len(header)) - len(header)) + body


def _aligned(size: int) -> int:
    return -(-size // 8) * 8


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Give lines as lists: at least one, though it may be empty."""
    lines = iter(lines)
    batch = list(islice(lines, BATCH_LINES))
    yield batch
    while batch := list(islice(lines, BATCH_LINES)):
        yield batch


def _keys(batch: list[bytes], key_of: KeyReader, first: int) -> list[bytes]:
    keys: list[bytes] = []
    try:
        keys.extend(map(key_of, batch))  # on an error, those before it are there
    except ValueError as error:
        raise LineError(first + len(keys), error) from error
    return keys


def _group(hashes: array[int], bits: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Sort lines by bucket, keeping their order within one."""
    import numpy as np

    numbers = np.frombuffer(hashes, np.uint32) >> np.uint32(HASH_BITS - bits)
    kind = np.uint32 if len(numbers) < FOUR_BYTES else np.uint64
    rows = np.argsort(numbers, kind="stable").astype(kind)
    buckets = np.zeros(2**bits + 1, kind)
    np.cumsum(np.bincount(numbers, minlength=2**bits), out=buckets[1:])
    return rows, buckets
