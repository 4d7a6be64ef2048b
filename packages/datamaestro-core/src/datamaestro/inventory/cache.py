"""What the cache holds: downloads that are under way, kept or rejected, and leftovers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamaestro.disk.documents import read_json
from datamaestro.disk.files import LEFTOVER, children, remove
from datamaestro.urls import shown

__all__ = ["CacheEntry", "cache_entries"]

STATES = {".dl": "whole", ".part": "partial", ".rejected": "rejected"}


@dataclass(frozen=True)
class CacheEntry:
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
        return _of_all_states(self.path, ".lock")

    @property
    def note(self) -> Path:
        """The file that notes where it comes from, which other states of it share."""
        return _of_all_states(self.path, ".json")

    def remove(self) -> None:
        """Remove it, and the note once nothing is left that it is about."""
        if self.path != self.note:
            remove(self.path)
        if not _is_about_something(self.note):
            remove(self.note)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; the time is in UTC, in ISO 8601."""
        return {
            "path": str(self.path),
            "state": self.state,
            "url": self.url,
            "size": self.size,
            "changed": self.changed.isoformat(timespec="seconds"),
        }


def cache_entries(cachepath: Path) -> Iterator[CacheEntry]:
    """Give what the cache holds, the file names in order.

    :raises DataDirectoryError: if it can't be listed
    """
    for path in children(cachepath):
        state = _state(path)
        if state is not None:
            with suppress(FileNotFoundError):  # it may have gone since
                status = path.stat()
                yield CacheEntry(
                    path,
                    state,
                    _url(_of_all_states(path, ".json")),
                    status.st_size,
                    datetime.fromtimestamp(status.st_mtime, UTC),
                )


def _state(path: Path) -> str | None:
    if LEFTOVER.fullmatch(path.name) or (path.suffix == ".json" and not _is_about_something(path)):
        return "leftover"
    return STATES.get(path.suffix)


def _of_all_states(path: Path, suffix: str) -> Path:
    """Give the file beside a download that has its key and another suffix.

    The key is all before the first dot: names of partial downloads go on after it, and those of
    leftovers begin with another.
    """
    return path.with_name(path.name.lstrip(".").partition(".")[0] + suffix)


def _is_about_something(note: Path) -> bool:
    """Tell whether any file is there that a note is about."""
    partial = note.parent / (_noted(note, "file") or f"{note.stem}.part")
    files = (_of_all_states(note, ".dl"), _of_all_states(note, ".rejected"), partial)
    return any(path.exists() for path in files)


def _url(note: Path) -> str | None:
    return shown(_noted(note, "url") or "") or None


def _noted(note: Path, name: str) -> str | None:
    """Give a text that a note holds, if it can be read."""
    try:
        value = read_json(note)[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None
