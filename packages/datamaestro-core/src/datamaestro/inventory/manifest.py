"""Digests of the files of a resource, kept to tell later whether they are still the same.

A single file's digest is recorded when it is complete. A folder of thousands of
files isn't hashed then, which would take as long as to unpack it; its manifest
is kept from the first verification on, in a file of its own beside the state.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datamaestro.disk.documents import ABSENT, DAMAGED, read_json
from datamaestro.disk.files import write_atomically
from datamaestro.disk.walking import walk
from datamaestro.errors import DataDirectoryError
from datamaestro.state_files import Record

__all__ = ["MANIFESTS", "Manifest", "manifest_of_record", "stored_files"]

MANIFESTS = ".digests"


@dataclass(frozen=True)
class Manifest:
    """What a resource consists of.

    :param files: the digest of each file by its path in the resource, ``""`` for a
        resource that is a file itself; of a link its target, after ``->``
    :param since: when the digests were computed, in ISO 8601
    """

    files: dict[str, str]
    since: str

    @classmethod
    def load(cls, folder: Path, name: str, record: Record) -> Manifest | None:
        """Read the manifest of a resource, if there is one of just this record.

        :param folder: the dataset's folder
        :param name: the resource's name
        :raises OSError: if it can't be read at this moment: it isn't to be replaced then
        """
        with suppress(*ABSENT, *DAMAGED):
            document = read_json(_path(folder, name))
            if document["complete"] == [record.fingerprint, record.time]:
                return cls(dict(document["files"]), str(document["since"]))
        return None

    @classmethod
    def now(cls, files: dict[str, str]) -> Manifest:
        """Make one of what was just found."""
        return cls(files, datetime.now(UTC).isoformat(timespec="seconds"))

    def save(self, folder: Path, name: str, record: Record) -> bool:
        """Keep it, and tell whether it could be written."""
        document: dict[str, Any] = {
            "complete": [record.fingerprint, record.time],
            "since": self.since,
            "files": self.files,
        }
        with suppress(DataDirectoryError):
            write_atomically(_path(folder, name), json.dumps(document) + "\n")
            return True
        return False


def manifest_of_record(record: Record) -> Manifest | None:
    """Give the manifest that a record itself tells, if it does."""
    return None if record.sha256 is None else Manifest({"": record.sha256}, record.when)


def stored_files(path: Path) -> dict[str, int | str]:
    """Look at what a resource consists of: the size of each file, the target of each link.

    :return: by path in the resource, in order; ``""`` if the resource is a file or link itself
    :raises OSError: if a part of it can't be read, or goes meanwhile
    """
    if path.is_symlink() or not path.is_dir():
        return {"": _target(path) if path.is_symlink() else path.stat().st_size}
    found: dict[str, int | str] = {}
    for entry in walk(path):
        item = Path(entry)
        if item.is_symlink():
            found[item.relative_to(path).as_posix()] = _target(item)
        elif not item.is_dir():
            found[item.relative_to(path).as_posix()] = item.stat().st_size
    return dict(sorted(found.items()))


def _target(link: Path) -> str:
    return f"-> {os.readlink(link)}"  # noqa: PTH115  (as it stands, not as a path)


def _path(folder: Path, name: str) -> Path:
    return folder / MANIFESTS / f"{quote(name, safe='')}.json"
