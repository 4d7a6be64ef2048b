"""The state of a dataset: what is complete, and where it came from, as its state file tells."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from textwrap import indent

from datamaestro.disk.documents import DAMAGED
from datamaestro.disk.files import persistently, replacing
from datamaestro.disk.flushing import flush_folder
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder
from datamaestro.state_files import (
    STATE,
    VERSION,
    Download,
    Record,
    StateContent,
    read_state,
)

__all__ = ["State"]

logger = logging.getLogger(__name__)


class State:
    """The content of a state file. Only the holder of the dataset's lock changes it.

    What counts is what lies where, and what it was made from: two versions of a definition may
    call one file by two names, or store one resource in two places, each beside the other's.

    Should several processes hold it, since there are file systems where locks fail, each
    adds its changes to what the others have written.

    :ivar dataset: the dataset's id, if the file tells it
    :ivar anew: the names of resources to be made whatever is recorded of them; that isn't written
    :ivar disturbed: whether another process has changed the file since it was first read
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self.dataset: str | None = None
        self.anew: set[str] = set()
        self._scratch = scratch
        self._records: dict[str, Record] = {}
        self._names: dict[str, str] = {}
        self._dropped: dict[str, tuple[Download, ...]] = {}
        self._texts: dict[str, str] = {}
        self._version: tuple[int, ...] | None = None
        self.disturbed = False

    @classmethod
    def load(cls, folder: Path, scratch: Path | None = None) -> State:
        """Read the state of the dataset in `folder`.

        A file that is damaged, or that this user may not read, counts as one that says nothing:
        what lies in the folder is then verified before it is used, as if an earlier program had
        left it.

        :param scratch: where it is written until it is whole; by default in `folder`
        :raises DataDirectoryError: if it can't be read at this moment
        """
        state = cls(folder / STATE, scratch or folder)
        state.refresh()
        state.disturbed = False
        return state

    def refresh(self) -> bool:
        """Read the file again if it isn't the one that was read or written last.

        :return: whether it is another one
        :raises DataDirectoryError: as :meth:`load`; nothing has changed then
        """
        version: tuple[int, ...] | None
        try:
            version = _version(self.path.stat())
        except OSError:
            version = None
        is_another = version != self._version
        if version is not None and not is_another:
            return False
        with usable(self.path.parent):
            told = self._told()
        self.disturbed = self.disturbed or is_another
        # The last record of a place counts; earlier programs may have written several.
        self._names = {record.path: name for name, record in told.records.items()}
        self._records = {name: told.records[name] for name in self._names.values()}
        self._dropped = told.dropped
        self._texts, self._version = {}, version
        self.dataset = told.dataset or self.dataset
        return is_another

    def _told(self) -> StateContent:
        """Give what the file tells; raises `OSError` if that can't be known at this moment."""
        try:
            return read_state(self.path)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (PermissionError, *DAMAGED) as error:
            logger.warning("%s can't be read (%s): none of its data counts", self.path, error)
        return StateContent(None, {}, {})

    def get(self, name: str) -> Record | None:
        """Give the record of a resource, if it is complete."""
        return self._records.get(name)

    def at(self, path: PurePosixPath | str) -> Record | None:
        """Give the record of what lies at a path in the folder, whatever it was called."""
        name = self._names.get(str(path))
        return None if name is None else self._records[name]

    @property
    def records(self) -> Mapping[str, Record]:
        """The resources that are complete, by name."""
        return self._records

    @property
    def dropped(self) -> Mapping[str, tuple[Download, ...]]:
        """What was fetched for transient resources that have gone, by name."""
        return self._dropped

    def complete(self, records: Mapping[str, Record]) -> None:
        """Record that resources are complete, durably.

        :raises DataDirectoryError: if the file can't be written
        """
        self.refresh()
        for record in records.values():
            self._forget(record.path)
        for name, record in records.items():
            elsewhere = self._records.pop(name, None)
            if elsewhere is not None:  # it stays: another version may still use it
                self._put(f"{name} ({elsewhere.path})", elsewhere)
            self._put(name, record)
            self._dropped.pop(name, None)
        self._save_durably()

    def give_up(self, paths: Collection[str]) -> None:
        """Let what is about to be replaced, in part or with what it lies in, no longer count.

        That is on disk when this returns. Without it, another version of the definition would
        take what an interrupted replacement left for what it has recorded, if the sizes are the
        same. Records of what stays, and may change, stay too: they tell what lies there, and
        that its size doesn't prove it.

        Raises as :meth:`complete`.
        """
        self.refresh()
        above = {folder for path in paths for folder in _above(path)}
        changed = [path for path in self._names if path in paths or path in above]
        gone = [path for path in self._names if not _above(path).isdisjoint(paths)]
        for path in changed:
            name = self._names[path]
            self._put(name, replace(self._records[name], fingerprint=""))
        for path in gone:
            self._forget(path)
        if changed or gone:
            self._save_durably()

    def drop(self, name: str, path: PurePosixPath | str) -> None:
        """Remove the record of a transient resource that goes; raises as :meth:`complete`."""
        self.refresh()
        self._dropped[name] = self.downloads(name, path)
        self._forget(str(path))
        persistently(self._save)

    def forget(self, path: str) -> None:
        """Remove the record of what no longer lies at a path; raises as :meth:`complete`."""
        self.refresh()
        self._forget(path)
        persistently(self._save)

    def downloads(self, name: str, path: PurePosixPath | str) -> tuple[Download, ...]:
        """Give what was fetched for a resource that is complete, or was and has gone."""
        record = self.at(path)
        return self._dropped.get(name, ()) if record is None else record.downloads

    def take_dropped(self, other: State) -> None:
        """Take over what another state tells of transient resources; raises as :meth:`complete`."""
        self.refresh()
        self._dropped.update(other._dropped)
        persistently(self._save)

    def _put(self, name: str, record: Record) -> None:
        if (other := self._records.get(name)) is not None:
            del self._names[other.path]
        self._records[name] = record
        self._names[record.path] = name
        self._texts.pop(name, None)

    def _forget(self, path: str) -> None:
        if (name := self._names.pop(path, None)) is not None:
            self._records.pop(name, None)
            self._texts.pop(name, None)

    def _save_durably(self) -> None:
        persistently(self._save)
        with usable(self.path.parent):
            flush_folder(self.path.parent)

    def _save(self) -> None:
        with usable(self.path.parent):
            make_folder(self._scratch)
            with replacing(self.path, self._scratch) as file:
                file.write(self._text().encode())
                own = os.fstat(file.fileno()).st_ino
            # The time is certain when the file has been closed (Windows); by then, another
            # process may have put its own there.
            status = self.path.stat()
            self._version = _version(status) if status.st_ino == own else None

    def _text(self) -> str:
        """Give the document; of 200 records, most of the time goes into making their texts."""
        for name, record in self._records.items():
            if name not in self._texts:
                entry = {"state": "complete", **record.as_table()}
                text = f"{json.dumps(name)}: {json.dumps(entry, indent=1)}"
                self._texts[name] = indent(text, "  ")
        resources = ",\n".join(self._texts[name] for name in self._records)
        about = "" if self.dataset is None else f' "dataset": {json.dumps(self.dataset)},\n'
        dropped = {
            name: [item._asdict() for item in items] for name, items in self._dropped.items()
        }
        section = f',\n "dropped": {json.dumps(dropped)}' if dropped else ""
        return (
            f'{{\n "version": {VERSION},\n{about} "resources": {{\n{resources}\n }}{section}\n}}\n'
        )


def _above(path: str) -> set[str]:
    """Give the folders that a path lies in, in the dataset's own."""
    # As texts: this is asked of each record each time that some are replaced.
    return {path[: match.start()] for match in re.finditer("/", path)}


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Give what differs for every file that takes the place of an earlier one."""
    return status.st_ino, status.st_mtime_ns, status.st_size
