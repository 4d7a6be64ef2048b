"""Symbolic links in zips: their data is the path that they lead to (Info-ZIP)."""

from __future__ import annotations

from collections.abc import Mapping

from datamaestro_download_archive.errors import UnsafeArchiveError, shown
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.shape import Shape
from datamaestro_download_archive.zip_entry import ZipEntry
from datamaestro_download_archive.zip_member import ZipReader
from datamaestro_download_archive.zip_quick import PlainDirectory

__all__ = ["link_target", "shape_of_zip"]

LONGEST_TARGET = 4096
"""Bytes of what a symbolic link leads to."""


def link_target(reader: ZipReader, entry: ZipEntry) -> str:
    """Read what a symbolic link leads to: its data.

    :raises UnsafeArchiveError: if that isn't a path
    """
    if entry.size > LONGEST_TARGET:
        raise UnsafeArchiveError(
            f"refused: member {shown(entry.name)} is a link to an impossibly long path",
            where=reader.archive,
            expected=f"at most {LONGEST_TARGET} bytes",
            found=entry.size,
        )
    return reader.read(entry).decode("utf-8", "surrogateescape")


def shape_of_zip(reader: ZipReader, entries: Mapping[str, ZipEntry]) -> Shape:
    """Collect what the entries are; most zips have no links, and need no more.

    :raises UnsafeArchiveError: for a link that leads outside
    """
    shape = Shape(reader.archive)
    if isinstance(entries, PlainDirectory):  # which has none
        return shape
    if any(entry.attributes >> 28 == 0xA for entry in entries.values()):
        for name, entry in entries.items():
            kind = entry.kind
            target = link_target(reader, entry) if kind is Kind.SYMBOLIC_LINK else ""
            shape.add(name, kind, target)
    return shape
