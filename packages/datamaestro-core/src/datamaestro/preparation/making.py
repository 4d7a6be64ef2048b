"""Making one resource: below ``.downloads``, verified, flushed to disk, moved into place.

In no other order: whatever happens between any two of these, what is in place is whole.
"""

from __future__ import annotations

import logging
from pathlib import Path

from datamaestro.download.resource import Resource, StoredResource
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.files import (
    STORAGE_ERRORS,
    flush_to_disk,
    move_into_place,
    remove,
    size_on_disk,
    usable,
)
from datamaestro.preparation.fetch import CacheFetcher, NextSource
from datamaestro.preparation.state import Record

__all__ = ["WORK", "fetcher_of", "make"]

logger = logging.getLogger(__name__)

WORK = ".downloads"
"""The folder, in a dataset's, of what isn't finished."""


def make(resource: StoredResource) -> Record:
    """Put a resource in its place, whole and verified, and tell what to record.

    :raises DatamaestroError: see :mod:`datamaestro.errors`; nothing is in place then
    """
    adopted = _adopted(resource)
    if adopted is not None:
        return adopted
    destination = resource.binding.folder / WORK / resource.relative_path
    while not _download(resource, destination):
        pass
    _verify(resource, destination)
    with usable(resource.binding.folder):
        flush_to_disk(destination)
        size = size_on_disk(destination)
        move_into_place(destination, resource.path)
    return _record(resource, size)


def _download(resource: StoredResource, destination: Path) -> bool:
    """Let a resource be made at `destination`; tell whether it was.

    If it wasn't, the bytes that it was made from were wrong, and the next source
    may have the right ones.
    """
    fetcher_of(resource).downloads.clear()
    with usable(resource.binding.folder):
        if not resource.can_recover:
            remove(destination)
        destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        resource._download(destination)
    except NextSource:
        remove(destination)
        return False
    except BaseException as error:
        if not resource.can_recover:
            remove(destination)
        if isinstance(error, OSError) and error.errno in STORAGE_ERRORS:
            with usable(resource.binding.folder):
                raise
        raise
    return True


def _adopted(resource: StoredResource) -> Record | None:
    """Take what lies in place, from an earlier program or definition, if it is right."""
    if not resource.path.exists():
        return None
    logger.info("Verifying %s, which is there already", resource.path)
    try:
        proven = resource.proves(resource.path)
    except VerificationError as error:
        logger.warning("%s; it is made again", error)
        return None
    return _record(resource, size_on_disk(resource.path)) if proven else None


def _verify(resource: StoredResource, destination: Path) -> None:
    if not destination.exists():
        raise DataDirectoryError(
            f"the resource {resource.name!r} made nothing",
            where=resource.dataset.location,
            expected=f"{type(resource).__qualname__}._download to make {destination.name}",
        )
    try:
        resource.verify(destination)
    except VerificationError as error:
        rejected = destination.with_name(f"{destination.name}.rejected")
        remove(rejected)
        destination.replace(rejected)
        error.hint = f"it is set aside in {rejected}"
        raise


def fetcher_of(resource: Resource) -> CacheFetcher:
    """Give what fetches for a resource."""
    fetcher = resource.binding.fetcher
    assert isinstance(fetcher, CacheFetcher), "resources of a run fetch through the cache"
    return fetcher


def _record(resource: StoredResource, size: int) -> Record:
    downloads = tuple(fetcher_of(resource).downloads)
    return Record(resource.fingerprint, str(resource.relative_path), size, downloads)
