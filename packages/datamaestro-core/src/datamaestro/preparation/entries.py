"""The entries of the cache: their names, what they hold, links to them, and their removal."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.disk.digests import CHUNK_SIZE, file_digests
from datamaestro.disk.files import remove, replacing
from datamaestro.disk.refusals import is_too_long
from datamaestro.download.source import Source
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.locks.exclusive import locked
from datamaestro.state_files import Download
from datamaestro.transfer.cache_entry import CacheEntry, cache_key
from datamaestro.transfer.notes import origin
from datamaestro.transfer.target import NextUrl
from datamaestro.urls import masked

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "cached_download",
    "linked",
    "linked_alone",
    "not_emptied",
    "settle",
    "sweep",
]

logger = logging.getLogger(__name__)


def cached_download(source: Source, entry: CacheEntry) -> Download | None:
    """Give what the cache has of a source, whole and verified; wrong bytes are removed.

    Where no digest is declared, the size that the server stated has to do.
    """
    path, noted = entry.whole, origin(entry)
    try:
        size = path.stat().st_size
        source.check_size(path, size)
        if noted is not None and not source.digests and noted.size not in (None, size):
            raise VerificationError(
                "cut off", where=path, expected=f"{noted.size} bytes", found=f"{size} bytes"
            )
        digests = file_digests(path, ["sha256", *source.digests])
        source.check_digests(path, digests)
    except FileNotFoundError:
        return None
    except (PermissionError, VerificationError) as error:
        logger.warning("a cached download can't be used and is fetched again: %s", error)
        remove(path)
        return None
    logger.debug("Using the cached download of %s", masked(source.url))
    url, validator = (masked(source.url), None) if noted is None else noted[:2]
    return Download(url, size, digests["sha256"], validator)


def linked(path: Path, destination: Path) -> bool:
    """Give a file a second name, where its file system can; tell whether it has it."""
    try:
        os.link(path, destination)
    except FileNotFoundError:
        raise
    except FileExistsError:  # another thread may just have given it that one
        return path.samefile(destination)
    except (OSError, NotImplementedError):
        return False
    return True


def linked_alone(path: Path, destination: Path) -> bool:
    """Do as :func:`linked`, for a file that has one name so far.

    What is put in place must not be the same file as other data, or whatever changed the one
    would change the other too.
    """
    return path.stat().st_nlink == 1 and linked(path, destination)


def settle(entry: CacheEntry, needed: bool) -> None:
    """Remove a whole download from the cache, unless others need it.

    One that stays must not be the same file as finished data under a second name, or whatever
    changed those would change it too: it becomes a copy, or goes if there is no room for one. A
    file that this user may not change stays as it is.
    """
    try:
        if not (needed and _has_one_name(entry.whole)):
            remove(entry.whole)
            remove(entry.note)
    except PermissionError as error:  # where each may remove only their own: a colleague's
        logger.warning("A download stays in the cache as it is: %s", error)


def _has_one_name(path: Path) -> bool:
    """Make a file that has several names a file of its own; tell whether it is one, or isn't there.

    :raises PermissionError: if this user may not change it
    """
    if not path.exists() or path.stat().st_nlink == 1:
        return True
    try:
        # In this order: Windows replaces no open file.
        with replacing(path) as own, path.open("rb") as shared:
            shutil.copyfileobj(shared, own, CHUNK_SIZE)
    except PermissionError:
        raise
    except OSError as error:
        logger.warning("A download that is needed again can't be kept apart: %s", error)
        return False
    return True


@contextmanager
def not_emptied() -> Iterator[None]:
    """Order to begin again if a download, or the folder that it is put in, isn't there any more.

    Where locks fail, other processes may empty the cache and the folders of runs.
    """
    try:
        yield
    except FileNotFoundError as error:
        if is_too_long(error):
            raise
        raise NextUrl from error


def sweep(context: Context, sources: Iterable[Source], needed: Callable[[Source], bool]) -> None:
    """Remove all that killed processes left of sources in the cache.

    Downloads that are whole stay if they are kept, or needed once more.
    """
    by_key = {cache_key(source): source for source in sources}
    with suppress(FileNotFoundError):
        for path in context.cachepath.iterdir():
            entry = CacheEntry.with_file(path)
            if entry.key not in by_key or path in (entry.lock, entry.rejected):
                continue
            # One that is busy is being fetched, for another dataset.
            with (
                suppress(BlockingIOError, DataDirectoryError),
                locked(entry.lock, "", wait=False),
            ):
                if path in (entry.whole, entry.note):
                    settle(entry, context.keep_downloads or needed(by_key[entry.key]))
                else:
                    remove(path)
