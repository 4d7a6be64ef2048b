"""Where a zip's central directory lies: the records at the file's end.

Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16 (zip64 included).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from datamaestro_download_archive import content
from datamaestro_download_archive.errors import (
    ArchiveError,
    UnsupportedArchiveError,
    damaged,
)
from datamaestro_download_archive.random_access import RandomAccess

__all__ = ["DirectoryLocation", "find_directory"]

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE = b"PK\x06\x07"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_SIGNATURE = b"PK\x06\x06"
_LONGEST_COMMENT = 0xFFFF
_STEP = 1 << 16


class DirectoryLocation(NamedTuple):
    """Where the central directory lies.

    :param start: its first byte
    :param size: its bytes
    :param entries: how many it has
    :param shift: bytes before the archive in the file, which offsets don't count
    :param counts_modulo: whether `entries` has 16 bits only, whatever is there
    """

    start: int
    size: int
    entries: int
    shift: int
    counts_modulo: bool


def find_directory(file: RandomAccess, archive: str) -> DirectoryLocation:
    """Find the central directory of a zip.

    :raises UnsupportedArchiveError: if the file isn't a zip, or one in several parts
    :raises DamagedArchiveError: if its end is missing, or points outside of it
    """
    tail_start, tail = _tail(file)
    position = _find_end(tail)
    if position is None:
        raise _no_end(file, tail, archive)
    _, disk, first_disk, count_here, count, size, start, _ = _END.unpack_from(tail, position)
    end = tail_start + position
    counts_modulo = True
    locator = position - _LOCATOR.size
    if locator >= 0 and tail[locator : locator + 4] == _LOCATOR_SIGNATURE:
        narrow = (disk, first_disk, count_here, count, size, start)
        end, wide = _read_end64(file, _LOCATOR.unpack_from(tail, locator), end, archive)
        _require_agreement(narrow, wide, archive)
        disk, first_disk, count_here, count, size, start = wide
        counts_modulo = False
    if disk or first_disk or count_here != count:
        raise UnsupportedArchiveError(
            "the zip is one of several parts",
            where=archive,
            expected="a zip in one file",
            found=f"part {disk + 1}",
            hint="join the parts into one file",
        )
    shift = end - size - start
    if shift < 0:
        raise damaged(
            archive,
            "the zip's central directory is not where its end says",
            f"{size} bytes at {start}, before {end}",
            f"{-shift} bytes too many",
        )
    return DirectoryLocation(end - size, size, count, shift, counts_modulo)


def _tail(file: RandomAccess) -> tuple[int, bytes]:
    """Give where the last bytes begin that an end record may lie in, and these bytes.

    Zeros may follow it, as many as there are; what is left out are zeros.
    """
    end = start = file.size
    while end == start > 0:
        start = max(0, end - _STEP)
        if not file.read_at(start, end - start).strip(b"\0"):
            end = start
    start = max(0, start - _LONGEST_COMMENT - _END.size - _LOCATOR.size)
    return start, file.read_at(start, min(end + _END.size, file.size) - start)


def _find_end(tail: bytes) -> int | None:
    """Find the last end record whose comment ends with the file.

    If there is none, it is the first one with nothing but zeros behind it: what else looks like
    one lies in its comment.
    """
    padded = None
    position = tail.rfind(_END_SIGNATURE)
    while position >= 0:
        comment = int.from_bytes(tail[position + 20 : position + 22], "little")
        end = position + _END.size + comment
        if end == len(tail):
            return position
        if end < len(tail) and not tail[end:].strip(b"\0"):
            padded = position
        position = tail.rfind(_END_SIGNATURE, 0, position)
    return padded


def _no_end(file: RandomAccess, tail: bytes, archive: str) -> ArchiveError:
    """Make the error for a file without an end record: cut off, or never a zip."""
    head = file.read_at(0, content.HEAD_SIZE)
    if content.is_zip(head) or _END_SIGNATURE in tail:
        return damaged(
            archive, "the zip is cut off, or something follows it", "its end record", "none"
        )
    hint = "the file's name, or the server, may be wrong: look at the URL"
    if content.is_tar_header(head) or content.compression_of(head):
        hint = "use TarDownloader for tar archives, FileDownloader for single compressed files"
    return UnsupportedArchiveError(
        "this isn't a zip archive",
        where=archive,
        expected="a zip archive",
        found=content.describe(head),
        hint=hint,
    )


def _read_end64(
    file: RandomAccess, locator: tuple[bytes, int, int, int], end: int, archive: str
) -> tuple[int, tuple[int, ...]]:
    """Read the zip64 end record: where it is, and its values.

    It lies before its locator; with something before the zip, further than stated.
    """
    _, _, stated, _ = locator
    for position in (stated, end - _LOCATOR.size - _END64.size):
        record = file.read_at(position, _END64.size) if 0 <= position < end else b""
        if len(record) == _END64.size and record.startswith(_END64_SIGNATURE):
            values = _END64.unpack(record)
            length = values[1] + 12
            if position + length + _LOCATOR.size == end:
                return position, values[4:]
    raise damaged(archive, "the zip's zip64 end record is wrong", f"one at {stated}", "none")


def _require_agreement(narrow: tuple[int, ...], wide: tuple[int, ...], archive: str) -> None:
    """Check that the two end records agree wherever the narrow one can tell."""
    for short, long, unknown in zip(narrow, wide, (0xFFFF,) * 4 + (0xFFFFFFFF,) * 2, strict=True):
        if short not in (long, unknown):
            raise damaged(archive, "the zip's two end records disagree", long, short)
