"""What the cache holds: downloads that are under way, kept, or were rejected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamaestro.disk.documents import read_json
from datamaestro.disk.files import remove

__all__ = ["CacheEntry", "cache_entries"]

STATES = {".dl": "whole", ".part": "partial", ".rejected": "rejected"}


@dataclass(frozen=True)
class CacheEntry:
    """A file of the cache.

    :param path: where it lies
    :param state: ``whole``, ``partial`` or ``rejected``
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
        remove(self.path)
        partial = self.path.parent / (_noted(self.note, "file") or self.path.name)
        others = (_of_all_states(self.path, ".dl"), _of_all_states(self.path, ".rejected"), partial)
        if not any(path.exists() for path in others):
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
    """Give what the cache holds, the file names in order."""
    if not cachepath.is_dir():
        return
    for path in sorted(cachepath.iterdir()):
        if path.suffix in STATES:
            with suppress(FileNotFoundError):  # it may have gone since
                status = path.stat()
                yield CacheEntry(
                    path,
                    STATES[path.suffix],
                    _url(_of_all_states(path, ".json")),
                    status.st_size,
                    datetime.fromtimestamp(status.st_mtime, UTC),
                )


def _of_all_states(path: Path, suffix: str) -> Path:
    """Give the file beside a download that has its key and another suffix.

    The key is all before the first dot: names of partial downloads go on after it.
    """
    return path.with_name(path.name.partition(".")[0] + suffix)


def _url(note: Path) -> str | None:
    # A hash follows one that is masked.
    return (_noted(note, "url") or "").partition(" ")[0] or None


def _noted(note: Path, name: str) -> str | None:
    """Give a text that a note holds, if it can be read."""
    try:
        value = read_json(note)[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None
