"""Removing a prepared dataset: all of it at once, as far as anyone can see.

Its state file is renamed away first: from then on the dataset isn't there. The
renamed one tells what is still to go, so that a removal which was interrupted
can be finished.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_folders import dataset_folders
from datamaestro.disk.documents import DAMAGED
from datamaestro.disk.files import LEFTOVER, discard, discarding, is_there, remove
from datamaestro.disk.names import rename
from datamaestro.disk.refusals import usable
from datamaestro.disk.sidecars import find_sidecars
from datamaestro.errors import DataDirectoryError
from datamaestro.inventory.manifest import MANIFESTS
from datamaestro.inventory.prepared import Prepared
from datamaestro.inventory.replaceable import irreplaceable
from datamaestro.inventory.usage import Meter, Usage
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.places import LOCK
from datamaestro.preparation.state import State
from datamaestro.preparation.use import USED
from datamaestro.preparation.workspace import WORK
from datamaestro.state_files import STATE, Record, read_state

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "Removal",
    "finish_removal",
    "is_unfinished",
    "plan_removal",
    "remove_dataset",
    "remove_resource",
    "without_following",
]

REMOVED = "removed"
"""Where in the folder of unfinished things a removal puts what is to go."""


@dataclass(frozen=True)
class Removal:
    """What removing a dataset would do.

    :param dataset: the dataset
    :param usage: the room that would be free
    :param unrecorded: what else lies in its folder, and stays
    :param irreplaceable: the resources that couldn't be fetched again, and why
    """

    dataset: Prepared
    usage: Usage
    unrecorded: tuple[Path, ...]
    irreplaceable: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON."""
        return {
            "id": self.dataset.id,
            "repository": self.dataset.repository,
            "folder": str(self.dataset.folder),
            "size": self.usage.size,
            "disk": self.usage.disk,
            "files": self.usage.files,
            "unrecorded": [str(path) for path in self.unrecorded],
            "irreplaceable": self.irreplaceable,
        }


def plan_removal(dataset: Prepared, context: Context) -> Removal:
    """Look what removing a dataset would do; changes nothing."""
    meter = Meter()
    stored = [dataset.path(name) for name in dataset.records]
    paths = [*stored, *_sidecars(stored)]
    usage = sum((meter.measure(path) for path in paths), Usage())
    others = {
        parent
        for folder in dataset_folders(context.datapath)
        if folder.has_state and folder.path != dataset.folder
        for parent in (folder.path, *folder.path.parents)
    }
    recorded = {parent for path in paths for parent in (path, *path.parents)}
    accounted_for = recorded | others
    unrecorded = tuple(
        child
        for child in sorted(dataset.folder.iterdir())
        if child not in accounted_for and not _is_own(child.name)
    )
    return Removal(dataset, usage, unrecorded, irreplaceable(dataset, context))


def remove_dataset(dataset: Prepared) -> None:
    """Remove what a dataset's state file records, and the file itself; links, not their targets.

    The sidecars of what is recorded go too.

    The lock file stays, since a lock whose file is removed excludes nobody.

    :raises DataDirectoryError: if another process is busy with the dataset, or something
        can't be removed
    """
    folder = dataset.folder
    with _held(folder), usable(folder):
        if not (folder / STATE).exists():
            return  # another process has just removed it
        aside = folder / WORK / REMOVED
        remove(aside)
        aside.mkdir(parents=True)
        rename(folder / STATE, aside / STATE)
        _finish(folder)


def remove_resource(dataset: Prepared, resource: str) -> None:
    """Remove one resource of a dataset, with its sidecars, unless it was made anew meanwhile.

    :param resource: the name that it is recorded with
    :raises BlockingIOError: if another process is busy with the dataset
    :raises DataDirectoryError: if something can't be removed
    """
    folder, record, path = dataset.folder, dataset.records[resource], dataset.path(resource)
    with locked(folder / LOCK, "", wait=False), usable(folder):
        state = State.load(folder)
        if state.at(record.path) != record:
            return
        # In one step, so that half of a folder is never taken for all of it. No run has
        # this name: what is left here when this is interrupted, the next run removes.
        aside = folder / WORK / f"{os.urandom(4).hex()}.{REMOVED}"
        aside.mkdir(parents=True)
        with ExitStack() as stack:
            for item in [*_sidecars([path]), path]:
                stack.enter_context(discarding(item, aside / item.name))
            state.forget(record.path)
        _remove_empty(path.parent, folder)
        aside.rmdir()
        with suppress(OSError):  # there is more of an interrupted run
            (folder / WORK).rmdir()


def is_unfinished(folder: Path) -> bool:
    """Tell whether the removal of a dataset was interrupted."""
    return is_there(folder / WORK / REMOVED / STATE) and not is_there(folder / STATE)


def finish_removal(folder: Path) -> None:
    """Go on with a removal that was interrupted.

    :raises BlockingIOError: if another process is busy with the dataset
    :raises DataDirectoryError: if something can't be removed
    """
    with locked(folder / LOCK, "", wait=False), usable(folder):
        if is_unfinished(folder):
            _finish(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        with locked(folder / LOCK, "", wait=False):
            yield
    except BlockingIOError as error:
        raise DataDirectoryError(
            "another process is busy with the dataset",
            where=folder,
            hint="run it again when that one is done",
        ) from error


def _finish(folder: Path) -> None:
    aside = folder / WORK / REMOVED
    stored = {without_following(folder, record.path) for record in _listed(aside)}
    for path in [*_sidecars(stored), *stored]:
        if is_there(path):
            destination = aside / path.relative_to(folder)
            destination.parent.mkdir(parents=True, exist_ok=True)
            rename(path, destination)
            _remove_empty(path.parent, folder)
    for child in folder.iterdir():
        if child.name in (USED, MANIFESTS) or LEFTOVER.fullmatch(child.name):
            remove(child)
    # The state goes last: it tells what has to go.
    for child in (folder / WORK).iterdir():
        if child != aside:
            discard(child)
    for child in aside.iterdir():
        if child.name != STATE:
            remove(child)
    discard(folder / WORK)


def _listed(aside: Path) -> Collection[Record]:
    """Give what a removal has to remove.

    :raises DataDirectoryError: if the list is damaged: without it, the rest would be nobody's
    """
    try:
        return read_state(aside / STATE).records.values()
    except DAMAGED as error:
        raise DataDirectoryError(
            f"what was to be removed can't be told: {error}",
            where=aside / STATE,
            expected="the state file of a dataset",
            hint="remove the dataset's folder yourself, or prepare the dataset",
        ) from error


def _sidecars(stored: Iterable[Path]) -> list[Path]:
    """Give the sidecars of what is stored; a lock or state isn't that of a file "state"."""
    return [path for path in find_sidecars(stored) if not _is_own(path.name)]


def _is_own(name: str) -> bool:
    own = (STATE, LOCK, WORK, USED, MANIFESTS)
    return name in own or LEFTOVER.fullmatch(name) is not None


def without_following(folder: Path, path: str) -> Path:
    """Give a path in a folder, up to the first link on the way: what that leads to stays."""
    for part in PurePath(path).parts:
        folder = folder / part
        if folder.is_symlink():
            break
    return folder


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder, and those above it below `root`, as long as nothing is in them."""
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
