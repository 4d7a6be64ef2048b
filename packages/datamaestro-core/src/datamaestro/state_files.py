"""State files, as they lie in the folders of datasets: read, by those who only look.

What they hold is told by :mod:`datamaestro.preparation.state`, which writes them.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from datamaestro.documents import read_json

__all__ = ["STATE", "UNREADABLE", "VERSION", "Recorded", "checked", "read_state", "recorded"]

VERSION = 2
STATE = ".state.json"

UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What goes wrong with a file that isn't there, or was written by something else."""


class Recorded(NamedTuple):
    """A resource that is recorded as complete.

    :param fingerprint: what it was made from
    :param path: where it lies, relative to the dataset's folder
    :param size: its number of bytes, of all files together for a folder
    :param time: when it was complete, in ISO 8601
    """

    fingerprint: str
    path: str
    size: int
    time: str


def read_state(path: Path) -> dict[str, Any]:
    """Read a state file; of another version, no resource counts as recorded.

    :raises OSError: if it can't be read; or another of `UNREADABLE`, if it isn't one
    """
    document: dict[str, Any] = read_json(path)
    if document["version"] != VERSION:
        document["resources"] = {}
    return document


def checked(entry: dict[str, Any]) -> dict[str, Any]:
    """Give back what a state file says of a resource, if that can be true.

    :raises ValueError: if it can't; or another of `UNREADABLE`
    """
    path, size = PurePath(entry["path"]), entry["size"]
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{entry['path']!r} leads out of the dataset's folder")
    if type(size) is not int or size < 0:
        raise ValueError(f"{size!r} is no number of bytes")
    if "time" in entry:
        datetime.fromisoformat(entry["time"])
    return entry


def recorded(folder: Path) -> dict[str, Recorded]:
    """Give what is recorded as complete in a folder, by name; nothing if that can't be read."""
    try:
        resources = read_state(folder / STATE)["resources"]
        return {
            name: Recorded(
                entry["fingerprint"], entry["path"], entry["size"], entry.get("time", "")
            )
            for name, entry in resources.items()
            if checked(entry)
        }
    except UNREADABLE:
        return {}
