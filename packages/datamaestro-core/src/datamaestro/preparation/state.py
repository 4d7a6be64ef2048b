"""The state file of a dataset: what is complete, and where it came from.

``.state.json`` in the dataset's folder, version 2::

    {
      "version": 2,
      "resources": {
        "train_images": {
          "state": "complete",
          "fingerprint": "FileDownloader sha256:440f…",
          "path": "train_images.idx",
          "size": 47040016,
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

import json
import logging
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamaestro.files import write_atomically

__all__ = ["Download", "Record", "State"]

logger = logging.getLogger(__name__)

VERSION = 2


@dataclass(frozen=True)
class Download:
    """What was fetched for a resource.

    :param url: where it came from
    :param size: the number of bytes
    :param sha256: their digest
    :param validator: what identified them at the server, if it told
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
    :param downloads: what was fetched for it; empty if it was adopted
    :param time: when it was complete, in ISO 8601
    """

    fingerprint: str
    path: str
    size: int
    downloads: tuple[Download, ...] = ()
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class State:
    """The content of a state file. Only who holds the dataset's lock changes it."""

    def __init__(
        self,
        path: Path,
        records: dict[str, Record],
        dropped: dict[str, tuple[Download, ...]] | None = None,
    ) -> None:
        self.path = path
        self._records = records
        self._dropped = dropped or {}

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the state of the dataset in `folder`.

        A file that can't be read counts as one that says nothing: what lies in the
        folder is then verified before it is used, as if an earlier program had left it.
        """
        path = folder / ".state.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            resources = document["resources"] if document["version"] == VERSION else {}
            dropped = document.get("dropped", {})
            return cls(
                path,
                {name: _record(entry) for name, entry in resources.items()},
                {name: _downloads(entries) for name, entries in dropped.items()},
            )
        except (FileNotFoundError, NotADirectoryError):
            return cls(path, {})
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s can't be read (%s): the data are verified again", path, error)
            return cls(path, {})

    def get(self, name: str) -> Record | None:
        """Give the record of a resource, if it is complete."""
        return self._records.get(name)

    def complete(self, name: str, record: Record) -> None:
        """Record that a resource is complete, durably.

        :raises DataDirectoryError: if the file can't be written
        """
        self._records[name] = record
        self._dropped.pop(name, None)
        self._save()

    def forget(self, name: str) -> None:
        """Remove the record of a resource, durably; raises as :meth:`complete`."""
        if self._records.pop(name, None) is not None:
            self._save()

    def drop(self, name: str) -> None:
        """Remove the record of a transient resource that goes; raises as :meth:`complete`."""
        self._dropped[name] = self.downloads(name)
        self.forget(name)

    def downloads(self, name: str) -> tuple[Download, ...]:
        """Give what was fetched for a resource that is complete, or was and has gone."""
        record = self._records.get(name)
        return self._dropped.get(name, ()) if record is None else record.downloads

    def _save(self) -> None:
        resources = {
            name: {"state": "complete", **asdict(record)} for name, record in self._records.items()
        }
        document: dict[str, Any] = {"version": VERSION, "resources": resources}
        if self._dropped:
            document["dropped"] = {
                name: [asdict(item) for item in items] for name, items in self._dropped.items()
            }
        write_atomically(self.path, json.dumps(document, indent=1) + "\n")


def _record(entry: dict[str, Any]) -> Record:
    values = {name: value for name, value in entry.items() if name != "state"}
    downloads = _downloads(values.pop("downloads"))
    return Record(downloads=downloads, **values)


def _downloads(entries: list[dict[str, Any]]) -> tuple[Download, ...]:
    return tuple(Download(**entry) for entry in entries)
