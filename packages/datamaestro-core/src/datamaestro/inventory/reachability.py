"""What the last check found out about URLs: ``sources.json`` in the data directory.

Whoever is about to remove data asks it whether they could be fetched again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamaestro.disk.documents import read_json
from datamaestro.disk.files import write_atomically
from datamaestro.errors import DataDirectoryError
from datamaestro.locks.exclusive import locked

__all__ = ["dead_urls", "note_reachability"]

FILE = "sources.json"


def dead_urls(folder: Path) -> set[str]:
    """Give the URLs that gave nothing when they were last checked, as they were noted.

    :param folder: the data directory
    """
    return {url for url, facts in _load(folder).items() if not facts["alive"]}


def note_reachability(folder: Path, alive: Mapping[str, bool]) -> bool:
    """Note which URLs were found alive, and tell whether that could be written.

    :param folder: the data directory
    :param alive: whether each is, by what :func:`datamaestro.urls.recognizable` gives for it
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with locked(folder / f".{FILE}.lock", "the record of checks"):
            noted = _load(folder)
            noted |= {url: {"alive": value, "time": now} for url, value in alive.items()}
            write_atomically(folder / FILE, json.dumps(noted, indent=1, sort_keys=True) + "\n")
    except DataDirectoryError:
        return False
    return True


def _load(folder: Path) -> dict[str, Any]:
    """Read the file; one that can't be read says nothing."""
    try:
        noted = read_json(folder / FILE)
        return {str(url): {**facts, "alive": bool(facts["alive"])} for url, facts in noted.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
