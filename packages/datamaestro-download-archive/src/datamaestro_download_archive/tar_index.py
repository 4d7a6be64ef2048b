"""Where the members of a tar lie: found once, and kept beside it if wanted.

The index of a compressed tar also has the points from which it can be decompressed: the
beginnings of the compressed streams in it. Programs that compress in parallel make
many (``bgzip``, ``pbzip2``, ``pzstd``, ``pixz``); from others, a member costs the
decompression of all before it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from datamaestro.disk.documents import read_json
from datamaestro.disk.files import write_atomically
from datamaestro.disk.sidecars import sidecar
from datamaestro_download_archive.errors import DamagedArchiveError, UnsafeArchiveError
from datamaestro_download_archive.feed import open_feed
from datamaestro_download_archive.limits import Budget, Limits
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.names import safe_name
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.shape import Shape
from datamaestro_download_archive.tar_extract import safe_members
from datamaestro_download_archive.tar_header import BLOCK
from datamaestro_download_archive.tar_reader import TarReader
from datamaestro_download_archive.tar_sparse import checked_extents

__all__ = ["FileLocation", "TarIndex", "index_path", "load_index", "save_index", "scan_tar"]

VERSION = 2
_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class FileLocation:
    """Where one file lies.

    :param offset: where its bytes begin in the decompressed tar
    :param stored: how many there are
    :param size: the file's size
    :param extents: where they belong in it, when it has holes
    :param header: the checksum of the block before them, the last one of its header, in a
        bare tar
    """

    offset: int
    stored: int
    size: int
    extents: list[tuple[int, int]] | None = None
    header: int | None = None

    def is_in(self, file: RandomAccess) -> bool:
        """Tell whether it still lies there in a bare tar."""
        if self.offset + self.stored > file.size:
            return False
        return zlib.crc32(file.read_at(self.offset - BLOCK, BLOCK)) == self.header


@dataclass(frozen=True)
class TarIndex:
    """Where all files lie.

    :param files: by their names; links to a file are further names of it
    :param points: offsets in the file, and in the decompressed tar, of compressed streams;
        none if the tar isn't compressed
    """

    files: dict[str, FileLocation] = field(default_factory=dict)
    points: list[tuple[int, int]] = field(default_factory=list)


def scan_tar(file: BinaryIO, archive: str, limits: Limits) -> TarIndex:
    """Find where all files lie; a compressed tar is decompressed for that, into nothing.

    :raises ArchiveError: if the archive is unsafe, damaged or no tar
    """
    budget = Budget(limits, archive)
    index = TarIndex()
    shape = Shape(archive)
    feed = open_feed(file, archive, budget, seekable=True, points=index.points)
    reader = TarReader(feed)
    for name, member in safe_members(reader, budget):
        shape.add(name, member.kind, member.target)
        if member.kind is Kind.FILE:
            if member.extents is not None:
                # Nothing is made of it here: each file counts alone, as when it is read.
                Budget(limits, archive).add_holes(member.size - member.stored, member.stored)
            header = None if index.points else zlib.crc32(reader.block)
            index.files[name] = FileLocation(
                member.offset, member.stored, member.size, member.extents, header
            )
    for link, target in shape.check().items():
        index.files[link] = index.files[target]
    return index


def index_path(path: Path) -> Path:
    """Give where the index of a tar is kept."""
    return sidecar(path, "index")


def save_index(path: Path, file: BinaryIO, index: TarIndex) -> Path:
    """Keep the index of the tar at `path` beside it.

    :param file: the tar, open
    :raises DataDirectoryError: if that can't be written
    """
    text = json.dumps(
        {
            "version": VERSION,
            "archive": _identity(file),
            "points": index.points,
            "files": {
                name: [at.offset, at.stored, at.size, at.extents, at.header]
                for name, at in index.files.items()
            },
        },
        separators=(",", ":"),
    )
    write_atomically(index_path(path), text + "\n")
    return index_path(path)


def load_index(path: Path, file: BinaryIO) -> TarIndex | None:
    """Give the index that is kept beside the tar at `path`; None if it has none that fits.

    :param file: the tar, open
    :raises DamagedArchiveError: if it has one that can't be read
    :raises UnsafeArchiveError: if it has unsafe names
    """
    kept = index_path(path)
    try:
        content = read_json(kept)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unreadable(kept, error) from None
    try:
        if content["version"] != VERSION or content["archive"] != _identity(file):
            return None
        size = RandomAccess(file).size
        return TarIndex(
            {
                safe_name(name, str(kept)): _location(str(kept), *values)
                for name, values in content["files"].items()
            },
            _points(content["points"], size),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UnsafeArchiveError):
            raise
        raise _unreadable(kept, error) from None


def _location(
    kept: str,
    offset: int,
    stored: int,
    size: int,
    extents: list[list[int]] | None,
    header: int | None,
) -> FileLocation:
    """Check where the index at `kept` has a file.

    :raises ValueError: if a file can't lie there
    :raises TypeError: if that isn't a location
    """
    pieces = None
    if extents is not None:
        pairs = [_pair(start, length) for start, length in extents]
        pieces = checked_extents(pairs, size, stored, kept)
    elif stored != size:
        raise ValueError(f"a file of {size} bytes, {stored} of which are stored")
    for value in (offset - BLOCK, stored, size, header or 0):
        _number(value)
    return FileLocation(offset, stored, size, pieces, header)


def _points(pairs: list[list[int]], size: int) -> list[tuple[int, int]]:
    """Check from where an index has the archive decompressed.

    :param size: the archive's
    :raises ValueError: if it can't be so
    """
    points = [_pair(packed, offset) for packed, offset in pairs]
    for columns in zip(*points, strict=True):
        if list(columns) != sorted(columns):
            raise ValueError("points that aren't in order")
    if points and (points[0][1] or points[-1][0] >= size):
        raise ValueError("points that don't begin at the archive's beginning, or lie behind it")
    return points


def _pair(one: int, other: int) -> tuple[int, int]:
    return _number(one), _number(other)


def _number(value: int) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} where a size or an offset should be")
    return value


def _unreadable(path: Path, error: Exception) -> DamagedArchiveError:
    return DamagedArchiveError(
        "the archive's index can't be read",
        where=path,
        found=f"{type(error).__name__}: {error}",
        hint="remove it, and make it again with ArchiveFolder(path=…).write_index()",
    )


def _identity(file: BinaryIO) -> list[int | str]:
    """Give what tells one file from another: its size, and a hash of its ends.

    Its time isn't part of it, so that an archive and its index can be copied.
    """
    whole = RandomAccess(file)
    start = whole.read_at(0, _SAMPLE)
    end = whole.read_at(max(0, whole.size - _SAMPLE), _SAMPLE)
    return [whole.size, hashlib.sha256(start + end).hexdigest()]
