"""The folders below the data directory in which a dataset may lie."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from datamaestro.errors import DataDirectoryError
from datamaestro.project import CUSTOM
from datamaestro.state_files import STATE, recorded

__all__ = ["DatasetFolder", "LeftOut", "dataset_folders", "pass_over"]

LeftOut = Callable[[OSError], object]
"""What is told of folders that the user has no right to list, and of what else can't be read."""


class DatasetFolder(NamedTuple):
    """A folder in which a dataset may lie.

    :param path: where it is
    :param repository: the id of the repository that it is for, or None
    :param name: the dataset id that the folder stands for
    :param hidden: the names in it that begin with a dot
    """

    path: Path
    repository: str | None
    name: str
    hidden: tuple[str, ...]

    @property
    def has_state(self) -> bool:
        """Whether there is a state file."""
        return STATE in self.hidden


def pass_over(error: OSError) -> None:
    """Say nothing of what can't be read."""


def dataset_folders(datapath: Path, left_out: LeftOut = pass_over) -> Iterator[DatasetFolder]:
    """Give all folders in which a dataset may lie, those above before those below.

    What a state file records as a resource is passed over, whatever it holds: so the
    files of large datasets are never looked at.

    :param datapath: the folder of the prepared datasets
    :param left_out: is told of each folder below it that the user has no right to list
    :raises DataDirectoryError: if `datapath` is there and can't be listed; or a folder below
        it, for another reason than that right
    """
    for repository in _Contents.of(datapath).folders:
        if repository.name == CUSTOM:
            for module in _Contents.below(repository, left_out).folders:
                yield from _below(module, module, None, left_out)
        else:
            yield from _below(repository, repository, repository.name, left_out)


def _below(
    folder: Path,
    base: Path,
    repository: str | None,
    left_out: LeftOut,
    above: frozenset[Path] = frozenset(),
) -> Iterator[DatasetFolder]:
    """Give a folder and those below it.

    :param base: what the name of its dataset begins below
    :param above: the places of resources that the folders above it record
    """
    contents = _Contents.below(folder, left_out)
    name = ".".join(folder.relative_to(base).parts)
    found = DatasetFolder(folder, repository, name, contents.hidden)
    yield found
    records = recorded(folder).values() if found.has_state else ()
    resources = above.union(folder / record.path for record in records)
    for child in contents.folders:
        if child not in resources:
            yield from _below(child, base, repository, left_out, resources)


class _Contents(NamedTuple):
    """What is in a folder, in the order of names.

    :param folders: the folders that aren't hidden. A link counts, since a large dataset
        may have been moved to another disk, unless it leads to a folder that it lies in
    :param hidden: the names that begin with a dot
    """

    folders: tuple[Path, ...] = ()
    hidden: tuple[str, ...] = ()

    @classmethod
    def below(cls, folder: Path, left_out: LeftOut) -> _Contents:
        """Give what is in a folder of a data directory; nothing if that may not be seen."""
        try:
            return cls.of(folder)
        except DataDirectoryError as error:
            cause = error.__cause__
            if isinstance(cause, PermissionError):
                left_out(cause)
            elif not isinstance(cause, NotADirectoryError):  # which lies there since
                raise
            return cls()

    @classmethod
    def of(cls, folder: Path) -> _Contents:
        """Give what is in a folder; nothing if it isn't there.

        :raises DataDirectoryError: if it can't be listed
        """
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return cls()
        except OSError:
            from datamaestro.disk.refusals import usable  # takes longer to import than all of this

            with usable(folder):
                raise
        hidden = tuple(entry.name for entry in entries if entry.name[0] == ".")
        visible = (entry for entry in entries if entry.name[0] != "." and _is_folder(entry))
        folders = (folder / entry.name for entry in visible if not _is_circular(folder, entry))
        return cls(tuple(folders), hidden)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        # A Path says of a link that leads to itself that it isn't a folder; an entry raises.
        return Path(entry.path).is_dir() if entry.is_symlink() else entry.is_dir()
    except PermissionError:
        return True  # whoever lists it finds that out


def _is_circular(folder: Path, entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and folder.resolve().is_relative_to(Path(entry.path).resolve())
