"""The central directory of a zip: its entries, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from datamaestro_download_archive.errors import damaged
from datamaestro_download_archive.limits import Limits
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.zip_end import find_directory
from datamaestro_download_archive.zip_entry import ENTRY_SIZE, ZipEntry
from datamaestro_download_archive.zip_quick import look_quickly

__all__ = ["read_directory"]


def read_directory(file: RandomAccess, archive: str, limits: Limits) -> Mapping[str, ZipEntry]:
    """Read all entries, checked one by one and against each other, by their safe names.

    :raises UnsupportedArchiveError: if the file isn't a zip
    :raises DamagedArchiveError: if the directory contradicts itself
    :raises UnsafeArchiveError: for unsafe names, special files, duplicates, entries
        that share bytes
    :raises ArchiveLimitError: for too many members
    """
    location = find_directory(file, archive)
    least = location.size // ENTRY_SIZE
    if location.entries > least and not location.counts_modulo:
        raise damaged(
            archive, "the zip's directory is too short", f"{location.entries} entries", least
        )
    data = file.read_at(location.start, location.size)
    if location.entries <= limits.members:
        plain = look_quickly(data, location.shift, location.start, location.entries)
        if plain is not None:
            return plain
    from datamaestro_download_archive.zip_entries import look_at_each  # seldom needed

    return look_at_each(location, data, archive, limits)
