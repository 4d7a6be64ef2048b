"""State files, as they lie in the folders of datasets: read, by those who only look.

What they hold is told by :mod:`datamaestro.preparation.state`, which writes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["STATE", "UNREADABLE", "VERSION", "Recorded", "read_state", "recorded"]

VERSION = 2
STATE = ".state.json"

UNREADABLE = (OSError, ValueError, KeyError, TypeError)
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
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if document["version"] != VERSION:
        document["resources"] = {}
    return document


def recorded(folder: Path) -> dict[str, Recorded]:
    """Give what is recorded as complete in a folder, by name; nothing if that can't be read."""
    try:
        resources = dict(read_state(folder / STATE)["resources"])
        return {
            name: Recorded(
                entry["fingerprint"], str(entry["path"]), int(entry["size"]), entry.get("time", "")
            )
            for name, entry in resources.items()
        }
    except UNREADABLE:
        return {}
