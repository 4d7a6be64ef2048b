"""What is on disk of a dataset, from the state file in its folder; nothing is loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from datamaestro.catalog.entry import Entry, FileFacts

__all__ = [
    "Kept",
    "datapath_of",
    "datasets_with_state",
    "files_to_download",
    "folder_of",
    "is_prepared",
    "kept_resources",
]

STATE = ".state.json"
VERSION = 2


class Kept(NamedTuple):
    """A resource that is complete on disk.

    :param path: where it lies
    :param size: its number of bytes, of all files together for a folder
    :param time: when it was complete, in ISO 8601
    """

    path: Path
    size: int
    time: str


def folder_of(entry: Entry, datapath: Path) -> Path:
    """Give the folder of a dataset, whether it is there or not.

    :param datapath: the folder of the prepared datasets
    """
    if entry.place:
        return datapath / entry.place
    return datapath.joinpath(entry.repository or "__custom__", *entry.id.split("."))


def datapath_of(entry: Entry, datapaths: Sequence[Path]) -> Path:
    """Choose the folder of prepared datasets that a dataset is used from.

    :param datapaths: those that are searched, in order; the last one needn't have it all
    """
    *site, own = datapaths
    return next((path for path in site if is_prepared(entry, path)), own)


def kept_resources(entry: Entry, datapath: Path) -> dict[str, Kept]:
    """Give the resources that are complete, by name; raises nothing."""
    folder = folder_of(entry, datapath)
    found = {}
    for name, record in _records(folder).items():
        if record.get("fingerprint") != entry.kept.get(name):
            continue
        kept = Kept(folder / record["path"], record["size"], record.get("time", ""))
        if kept.path.is_dir() or (kept.path.is_file() and kept.path.stat().st_size == kept.size):
            found[name] = kept
    return found


def is_prepared(entry: Entry, datapath: Path) -> bool:
    """Tell whether all is there that stays on disk; False where nothing does."""
    return bool(entry.kept) and kept_resources(entry, datapath).keys() == entry.kept.keys()


def files_to_download(entry: Entry, datapath: Path) -> list[FileFacts]:
    """Give the files that a preparation would fetch, as things are."""
    kept = kept_resources(entry, datapath)
    if entry.kept and kept.keys() == entry.kept.keys():
        return []
    return [file for file in entry.files if file.resource not in kept]


def datasets_with_state(datapath: Path) -> Iterator[tuple[str, str]]:
    """Give the repository and id of the datasets of which something is recorded as complete."""
    for folder, names, files in os.walk(datapath):
        names[:] = [name for name in names if not name.startswith(".")]
        if STATE in files:
            repository, *parts = Path(folder).relative_to(datapath).parts
            yield repository, ".".join(parts)


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        document = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return dict(document["resources"]) if document["version"] == VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
