"""What the cache holds: downloads that are under way, kept or rejected, and leftovers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamaestro.disk.files import LEFTOVER, children, remove
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.notes import origin, read_note

__all__ = ["CachedFile", "cached_files"]


@dataclass(frozen=True)
class CachedFile:
    """A file of the cache.

    :param path: where it lies
    :param state: ``whole``, ``partial`` or ``rejected``; ``leftover`` for what only a process
        that was killed leaves: a file that is none of these yet, or a note about nothing
    :param url: where it comes from, if that was noted
    :param size: the number of its bytes so far
    :param changed: when it was written last
    """

    path: Path
    state: str
    url: str | None
    size: int
    changed: datetime

    @property
    def lock(self) -> Path:
        """The lock that whoever uses it holds."""
        return self._entry.lock

    def remove(self) -> None:
        """Remove it, and the note about it once there is nothing else that it is about."""
        if self.path != self._entry.note:
            remove(self.path)
        if not _has_content(self._entry):
            remove(self._entry.note)

    @property
    def _entry(self) -> CacheEntry:
        return CacheEntry.with_file(self.path)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; the time is in UTC, in ISO 8601."""
        return {
            "path": str(self.path),
            "state": self.state,
            "url": self.url,
            "size": self.size,
            "changed": self.changed.isoformat(timespec="seconds"),
        }


def cached_files(cachepath: Path) -> Iterator[CachedFile]:
    """Give what the cache holds, the file names in order; neither locks nor notes in use.

    :raises DataDirectoryError: if it can't be listed
    """
    for path in children(cachepath):
        entry = CacheEntry.with_file(path)
        state = _state(path, entry)
        if state is not None:
            with suppress(FileNotFoundError):  # it may have gone since
                status = path.stat()
                noted = origin(entry)
                yield CachedFile(
                    path,
                    state,
                    None if noted is None else noted.url,
                    status.st_size,
                    datetime.fromtimestamp(status.st_mtime, UTC),
                )


def _state(path: Path, entry: CacheEntry) -> str | None:
    if LEFTOVER.fullmatch(path.name) or (path == entry.note and not _has_content(entry)):
        return "leftover"
    if entry.has_partial(path.name):
        return "partial"
    return {entry.whole: "whole", entry.rejected: "rejected"}.get(path)


def _has_content(entry: CacheEntry) -> bool:
    """Tell whether any file is there that the note of an entry may be about."""
    note = read_note(entry)
    partial = [] if note is None else [entry.folder / note.file]
    return any(path.exists() for path in (entry.whole, entry.rejected, *partial))
