"""Whether there is room for what a preparation certainly makes, before it begins."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from datamaestro.disk.refusals import check_space
from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.notes import received_bytes

__all__ = ["check_room"]


def check_room(resources: Iterable[Resource], folder: Path, cache: Path) -> None:
    """Check that all that stays on disk has room, as far as its size is declared.

    :param resources: what is to be made
    :param folder: where, on the file system that has to hold it
    :param cache: where earlier runs may have left downloads
    :raises DataDirectoryError: if there certainly is too little
    """
    stored = (item for item in resources if isinstance(item, StoredResource))
    lasting = [item for item in stored if not item.transient and item.finished_size]
    if not lasting:
        return
    folder = next(path for path in (folder, *folder.parents) if path.exists())
    # Looking at each takes longer than adding up, and almost always there is enough.
    if sum(item.finished_size or 0 for item in lasting) <= shutil.disk_usage(folder).free:
        return
    new = [item for item in lasting if not item.path.exists()]
    check_space(folder, sum(_remaining(item, cache) for item in new), "for all files")


def _remaining(resource: StoredResource, cache: Path) -> int:
    """Give the bytes that are still to come; what has come of a file becomes a part of it."""
    entries = (CacheEntry.of(source, cache) for source in resource.sources)
    received = sum(map(received_bytes, entries))
    return max(0, (resource.finished_size or 0) - received)
