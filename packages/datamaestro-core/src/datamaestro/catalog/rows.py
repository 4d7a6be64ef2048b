"""What the database has in its rows, to and from them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from datamaestro.catalog.entry import Entry, FileFacts
from datamaestro.disk.freshness import Stamp

__all__ = ["COLUMNS", "SELECT", "TABLES", "entry_of", "facts_of", "watched_of"]

COLUMNS = "entry.rowid, entry.id, entry.name, repository.id, repository.plugin, facts.json"
"""What :func:`entry_of` takes."""

TABLES = """
entry JOIN repository ON repository.rowid = entry.repository
JOIN facts ON facts.rowid = entry.rowid
"""

SELECT = f"SELECT {COLUMNS} FROM {TABLES}"

_ELSEWHERE = {"id", "name", "repository", "distribution", "version"}
_DEFAULTS = Entry("")._asdict()
_FACTS = [
    (position, name, default)
    for position, (name, default) in enumerate(_DEFAULTS.items())
    if name not in _ELSEWHERE
]
_LISTS = [name for name, value in _DEFAULTS.items() if value == () and name != "files"]
_json = json.JSONEncoder(separators=(",", ":")).encode


def facts_of(entry: Entry) -> str:
    """Give what has no column of its own, as JSON."""
    return _json(
        {name: entry[position] for position, name, default in _FACTS if entry[position] != default}
    )


def entry_of(row: tuple[Any, ...]) -> Entry:
    """Make an entry of a row."""
    _, name, title, repository, plugin, text = row
    facts = json.loads(text)
    distribution, version, _ = json.loads(plugin)
    for field in _LISTS:
        if field in facts:
            facts[field] = tuple(facts[field])
    if "files" in facts:
        facts["files"] = tuple(
            FileFacts(resource, tuple(urls), *known) for resource, urls, *known in facts["files"]
        )
    if "axes" in facts:
        facts["axes"] = {axis: tuple(values) for axis, values in facts["axes"].items()}
    if "kept" in facts:
        facts["kept"] = {resource: tuple(kept) for resource, kept in facts["kept"].items()}
    return Entry(
        id=name,
        name=title,
        repository=repository,
        distribution=distribution or None,
        version=version or None,
        **facts,
    )


def watched_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, Stamp]:
    """Make of paths, times and sizes what is watched: files and folders, as they were."""
    return {os.fsdecode(path): None if time is None else (time, size) for path, time, size in rows}
