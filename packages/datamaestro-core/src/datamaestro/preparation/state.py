"""The state file of a dataset: what is complete, and where it came from.

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
      }
    }

Version 1, of earlier programs, has only ``state``: it proves nothing, since a
partial file could be in place. Such files are adopted once they are verified.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

from datamaestro.files import write_atomically

__all__ = ["STATE", "Download", "Record", "State"]

logger = logging.getLogger(__name__)

VERSION = 2
STATE = ".state.json"


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
    :param sha256: the digest of the finished file; None for a folder, and for a file that
        was adopted
    :param downloads: what was fetched for it; empty if it was adopted
    :param time: when it was complete, in ISO 8601
    """

    fingerprint: str
    path: str
    size: int
    sha256: str | None = None
    downloads: tuple[Download, ...] = ()
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class State:
    """The content of a state file. Only who holds the dataset's lock changes it.

    :ivar dataset: the dataset's id, if the file tells it
    """

    def __init__(self, path: Path, records: dict[str, Record], dataset: str | None = None) -> None:
        self.path = path
        self.dataset = dataset
        self._records = records

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the state of the dataset in `folder`.

        A file that can't be read counts as one that says nothing: what lies in the
        folder is then verified before it is used, as if an earlier program had left it.
        """
        path = folder / STATE
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            resources = document["resources"] if document["version"] == VERSION else {}
            records = {name: _record(entry) for name, entry in resources.items()}
            return cls(path, records, document.get("dataset"))
        except (FileNotFoundError, NotADirectoryError):
            return cls(path, {})
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s can't be read (%s): the data are verified again", path, error)
            return cls(path, {})

    def get(self, name: str) -> Record | None:
        """Give the record of a resource, if it is complete."""
        return self._records.get(name)

    @property
    def records(self) -> Mapping[str, Record]:
        """The resources that are complete, by name."""
        return self._records

    def complete(self, name: str, record: Record) -> None:
        """Record that a resource is complete, durably.

        :raises DataDirectoryError: if the file can't be written
        """
        self._records[name] = record
        self._save()

    def forget(self, name: str) -> None:
        """Remove the record of a resource, durably; raises as :meth:`complete`."""
        if self._records.pop(name, None) is not None:
            self._save()

    def _save(self) -> None:
        resources = {
            name: {"state": "complete", **asdict(record)} for name, record in self._records.items()
        }
        about = {} if self.dataset is None else {"dataset": self.dataset}
        document = {"version": VERSION, **about, "resources": resources}
        write_atomically(self.path, json.dumps(document, indent=1) + "\n")


def _record(entry: dict[str, Any]) -> Record:
    values = {name: value for name, value in entry.items() if name != "state"}
    path = PurePath(values["path"])
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{values['path']!r} leads out of the dataset's folder")
    downloads = tuple(Download(**item) for item in values.pop("downloads"))
    return Record(downloads=downloads, **values)
