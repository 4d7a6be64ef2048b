"""What lies around and is no longer needed; all of it can be got again.

Whatever a running process holds is left out, by its lock.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_folders import DatasetFolder, dataset_folders
from datamaestro.disk.files import LEFTOVER, discard, is_there
from datamaestro.disk.freshness import Stamp, stamp
from datamaestro.disk.latest import looking_once
from datamaestro.disk.refusals import usable
from datamaestro.inventory.cache import CachedFile, cached_files
from datamaestro.inventory.orphans import find_orphans
from datamaestro.inventory.prepared import definition_of, prepared_datasets
from datamaestro.inventory.removal import finish_removal, is_unfinished, remove_resource
from datamaestro.inventory.replaceable import SourceCheck
from datamaestro.inventory.superseded import find_superseded
from datamaestro.inventory.usage import Meter
from datamaestro.locks.exclusive import is_busy, locked
from datamaestro.preparation.operations import drop_unneeded, unneeded_resources
from datamaestro.preparation.places import LOCK
from datamaestro.preparation.workspace import WORK
from datamaestro.state_files import STATE

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = [
    "Garbage",
    "cache_garbage",
    "find_garbage",
    "orphaned_data",
    "remove_garbage",
    "superseded_data",
]


@dataclass(frozen=True)
class Garbage:
    """Something that may go.

    :param kind: ``download``, ``partial``, ``rejected`` or ``leftover`` in the cache;
        ``unfinished``, ``removal``, ``leftover``, ``transient`` or ``superseded`` in a
        dataset's folder; ``orphan``
    :param about: the URL or the dataset that it comes from
    :param path: where it lies
    :param size: its number of bytes
    :param remove: removes it
    """

    kind: str
    about: str
    path: Path
    size: int
    remove: Callable[[], None] = field(repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON."""
        return {
            "kind": self.kind,
            "about": self.about,
            "path": str(self.path),
            "size": self.size,
        }


def find_garbage(context: Context, before: datetime) -> Iterator[Garbage]:
    """Give what lies around in a data directory.

    :param before: partial and unfinished things that were written since then are left
        out: the next run goes on with them
    """
    for item in cache_garbage(context):
        if item.kind != "partial" or _changed(item.path) < before:
            yield item
    for folder in dataset_folders(context.datapath):
        # All that is garbage in it is hidden; another user's folder shows nothing.
        left = any(name == WORK or LEFTOVER.fullmatch(name) for name in folder.hidden)
        if left and not is_busy(folder.path / LOCK):
            yield from _in_folder(folder, before)
    yield from _transient(context)


def _transient(context: Context) -> list[Garbage]:
    """Give the transient resources that nothing needs."""
    found = []
    with looking_once():  # or of thousands of datasets, the definitions would be for each
        for dataset in prepared_datasets(context.datapath):
            definition = definition_of(dataset, context)
            if definition is None or not _has_transient(definition):
                continue
            if not is_busy(dataset.folder / LOCK):
                for resource in unneeded_resources(definition, context):
                    size = Meter().measure(resource.path).size
                    drop = partial(drop_unneeded, definition, context)
                    found.append(Garbage("transient", dataset.id, resource.path, size, drop))
    return found


def _has_transient(definition: DatasetDefinition) -> bool:
    return any(resource.transient for resource in definition.resources.values())


def cache_garbage(context: Context) -> Iterator[Garbage]:
    """Give what is in the cache and not in use, except kept downloads whose source is dead."""
    sources = SourceCheck(context)
    for entry in cached_files(context.cachepath):
        lost = entry.state == "whole" and entry.url is not None and not sources.gives(entry.url)
        if not lost and not is_busy(entry.lock):
            about = entry.url or "an unknown source"
            drop = partial(_remove_entry, entry)
            kind = "download" if entry.state == "whole" else entry.state
            yield Garbage(kind, about, entry.path, entry.size, drop)


def orphaned_data(context: Context) -> Iterator[Garbage]:
    """Give the folders of no installed dataset; nothing knows how to get them again."""
    for folder in find_orphans(context):
        signs = _signs_of_use(folder)
        if not any(is_busy(path) for path in signs if path.name == LOCK):
            name = folder.relative_to(context.datapath).as_posix()
            size = Meter().measure(folder).size
            drop = partial(_remove_orphan, folder, signs)
            yield Garbage("orphan", name, folder, size, drop)


def superseded_data(context: Context) -> Iterator[Garbage]:
    """Give what was fetched for datasets whose installed definitions no longer have it."""
    for dataset, name in find_superseded(context):
        if not is_busy(dataset.folder / LOCK):
            path = dataset.path(name)
            size = Meter().measure(path).size
            drop = partial(remove_resource, dataset, name)
            yield Garbage("superseded", dataset.id, path, size, drop)


def remove_garbage(item: Garbage) -> bool:
    """Remove it, and tell whether it is gone: not if a process has used it since it was found.

    :raises DataDirectoryError: if it can't be removed
    """
    with usable(item.path.parent):
        try:
            item.remove()
        except BlockingIOError:
            return False
    return True


def _in_folder(found: DatasetFolder, before: datetime) -> Iterator[Garbage]:
    folder, name = found.path, found.name
    if WORK in found.hidden:
        work = folder / WORK
        size = Meter().measure(work).size
        if is_unfinished(folder):
            yield Garbage("removal", name, work, size, partial(finish_removal, folder))
        elif _changed(work) < before:
            yield Garbage("unfinished", name, work, size, partial(_remove_old, work, before))
    for leftover in found.hidden:
        path = folder / leftover
        if LEFTOVER.fullmatch(leftover) and _changed(path) < before:
            size = Meter().measure(path).size
            yield Garbage("leftover", name, path, size, partial(_remove_old, path, before))


def _changed(path: Path) -> datetime:
    """Give when a file, or the last file or folder in a folder, was written.

    Where something goes meanwhile, that is now.
    """
    try:
        times = [path.lstat().st_mtime]
        for folder, folders, files in os.walk(path):
            times += [Path(folder, name).lstat().st_mtime for name in (*folders, *files)]
    except FileNotFoundError:
        return datetime.now(UTC)
    return datetime.fromtimestamp(max(times), UTC)


def _remove_entry(entry: CachedFile) -> None:
    with locked(entry.lock, "", wait=False):
        entry.remove()


def _remove_old(path: Path, before: datetime) -> None:
    """Remove what no process holds, and none has written to since."""
    with locked(path.parent / LOCK, "", wait=False):
        if is_there(path) and _changed(path) >= before:
            raise BlockingIOError(str(path))
        discard(path)


def _signs_of_use(folder: Path) -> dict[Path, Stamp]:
    """Give the locks below a folder, and the states with their times: a preparation changes them.

    A lock's own time tells nothing, since it changes when somebody asks whether it is free.
    """
    signs: dict[Path, Stamp] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != WORK]  # where states are drafts
        for name in {LOCK, STATE}.intersection(names):
            path = Path(place, name)
            signs[path] = None if name == LOCK else stamp(str(path))
    return signs


def _remove_orphan(folder: Path, signs: Mapping[Path, Stamp]) -> None:
    """Remove a folder that no process holds anything in, or has used since it was found."""
    with ExitStack() as held:
        for path in signs:
            if path.name == LOCK:
                held.enter_context(locked(path, "", wait=False))
        if _signs_of_use(folder) != signs:
            raise BlockingIOError(str(folder))
        if sys.platform == "win32":  # it renames no folder in which a file is open
            held.close()
        discard(folder)
