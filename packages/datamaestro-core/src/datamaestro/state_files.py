"""State files: which resources of a dataset are complete, and where they came from.

This module reads them, for whoever only looks; :mod:`datamaestro.preparation.state` writes them.

``.state.json`` in the dataset's folder, version 2::

    {
      "version": 2,
      "dataset": "com.lecun.mnist",
      "resources": {
        "train_images": {
          "state": "complete",
          "fingerprint": "FileDownloader sha256:440f…",
          "path": "train_images.idx",
          "size": 47040016,
          "sha256": "ba89…",
          "time": "2026-11-20T09:30:00+00:00",
          "downloads": [{"url": "https://…", "size": 9912422, "sha256": "440f…",
                         "validator": "\\"f68b3c…\\""}]
        }
      },
      "dropped": {"archive": [{"url": "https://…", …}]}
    }

``dropped`` tells what was fetched for transient resources that have gone.

Version 1, of earlier programs, has only ``state``: it proves nothing, since a
partial file could be in place. Such files are adopted once they are verified.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from datamaestro.disk.documents import DAMAGED, read_json
from datamaestro.errors import DataDirectoryError

__all__ = [
    "STATE",
    "UNREADABLE",
    "VERSION",
    "Download",
    "Record",
    "StateContent",
    "read_state",
    "recorded",
    "refuse_later_version",
]

VERSION = 2
STATE = ".state.json"

UNREADABLE = (OSError, *DAMAGED)
"""What goes wrong with a file that isn't there, or was written by something else."""


class Download(NamedTuple):
    """What was fetched for a resource.

    :param url: where it came from
    :param size: the number of bytes
    :param sha256: their digest
    :param validator: what identified them at the server, if known
    """

    url: str
    size: int
    sha256: str
    validator: str | None = None


@dataclass(frozen=True)
class Record:
    """A resource that is complete.

    :param fingerprint: what it was made from
    :param path: where it lies, relative to the dataset's folder
    :param size: the number of bytes of the file, or of all files in the folder
    :param sha256: the digest of the finished file; None for a folder, and for a file that
        was adopted
    :param downloads: what was fetched for it; empty if it was adopted
    :param time: when it was complete, in ISO 8601; precise enough that no two have the same,
        which tells a resource from the one that it has replaced
    :raises ValueError: if that can't be true of any, or another of `UNREADABLE`: it is neither
        read nor written
    """

    fingerprint: str
    path: str
    size: int
    sha256: str | None = None
    downloads: tuple[Download, ...] = ()
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def __post_init__(self) -> None:
        # As texts: a search reads the state of each dataset, and a path for each takes 6 µs.
        # Not by isabs: on Windows, it takes neither "C:a" nor "/a" for absolute.
        drive, path = os.path.splitdrive(self.path)
        parts = path.replace("\\", "/").split("/")
        if drive or not parts[0] or ".." in parts:
            raise ValueError(f"{self.path!r} leads out of the dataset's folder")
        _check_texts(self.path, self.fingerprint, "" if self.sha256 is None else self.sha256)
        _check_size(self.size)
        _check_downloads(self.downloads)
        datetime.fromisoformat(self.time).astimezone(UTC)

    @property
    def when(self) -> str:
        """When it was complete, as people are told it: to the second."""
        return datetime.fromisoformat(self.time).isoformat(timespec="seconds")

    def as_table(self) -> dict[str, Any]:
        """Give it as plain data, by the names of its fields."""
        return {**vars(self), "downloads": [item._asdict() for item in self.downloads]}


class StateContent(NamedTuple):
    """What a state file tells.

    :param dataset: the dataset's id, if it is told
    :param records: the resources that are complete, by name
    :param dropped: what was fetched for transient resources that have gone, by name
    """

    dataset: str | None
    records: dict[str, Record]
    dropped: dict[str, tuple[Download, ...]]


def read_state(path: Path) -> StateContent:
    """Read a state file: all of it, or nothing if some of it is wrong.

    One of another version tells of no complete resource.

    :raises OSError: if it can't be read; or another of `UNREADABLE`, if it isn't one
    """
    document: dict[str, Any] = read_json(path)
    resources = document["resources"] if document["version"] == VERSION else {}
    dataset = document.get("dataset")
    if dataset is not None and not dataset.isprintable():
        raise ValueError(f"{dataset!r} isn't the id of a dataset")
    return StateContent(
        dataset,
        {name: _record(entry) for name, entry in resources.items()},
        {name: _downloads(entries) for name, entries in document.get("dropped", {}).items()},
    )


def recorded(folder: Path) -> dict[str, Record]:
    """Give what is recorded as complete in a folder, by name; nothing if that can't be read."""
    try:
        return read_state(folder / STATE).records
    except UNREADABLE:
        return {}


def refuse_later_version(folder: Path) -> None:
    """Check that this program may replace the state file of a folder: it could lose something.

    :raises DataDirectoryError: if a later version of datamaestro has written it
    """
    path = folder / STATE
    try:
        version = read_json(path)["version"]
    except UNREADABLE:
        return
    if isinstance(version, int) and version > VERSION:
        raise DataDirectoryError(
            "written by a later version of datamaestro",
            where=path,
            expected=f"version {VERSION}, or an earlier one",
            found=version,
            hint="upgrade datamaestro, or choose another folder (--data or DATAMAESTRO_DIR)",
        )


def _record(entry: dict[str, Any]) -> Record:
    """Give what a state file says of a resource; raises as `Record`."""
    entry.pop("state", None)
    entry["downloads"] = tuple([Download(**item) for item in entry["downloads"]])
    return Record(**entry)


def _downloads(entries: list[dict[str, Any]]) -> tuple[Download, ...]:
    """Give what a state file says was fetched; raises as `Record`."""
    downloads = tuple([Download(**entry) for entry in entries])
    _check_downloads(downloads)
    return downloads


def _check_downloads(downloads: Iterable[Download]) -> None:
    for item in downloads:
        _check_texts(item.url, item.sha256, "" if item.validator is None else item.validator)
        _check_size(item.size)


def _check_texts(*texts: Any) -> None:
    for text in texts:
        if not isinstance(text, str) or "\0" in text:
            raise ValueError(f"{text!r} isn't a text")


def _check_size(size: Any) -> None:
    if type(size) is not int or size < 0:
        raise ValueError(f"{size!r} isn't a number of bytes")
