"""The prepared datasets, as the state files tell of them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro import identifiers
from datamaestro.dataset_folders import LeftOut, dataset_folders
from datamaestro.errors import DataDirectoryError, DatamaestroError
from datamaestro.preparation.state import State
from datamaestro.preparation.use import last_use
from datamaestro.project import CUSTOM
from datamaestro.state_files import Record

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = [
    "Prepared",
    "definition_of",
    "distinct",
    "prepared_datasets",
    "qualified",
    "warn",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A dataset of which at least one resource is complete.

    :param id: the dataset id, with the selector of a variant
    :param repository: the id of its repository, or None
    :param folder: where it lies
    :param records: what its state file says, by the resource's name
    :param file: the file of definitions that it was found by, if it was
    """

    id: str
    repository: str | None
    folder: Path
    records: Mapping[str, Record]
    file: str | None = None

    @property
    def origin(self) -> str:
        """The name of the folder that is its repository's; or its file's, or its project's."""
        return self.folder.parents[len(identifiers.relative_path(self.id).parts) - 1].name

    @property
    def size(self) -> int:
        """The number of bytes of its files, as they were recorded."""
        return sum(record.size for record in self.records.values())

    @property
    def completed(self) -> datetime:
        """When the last of its resources was complete, in UTC."""
        times = (datetime.fromisoformat(record.time) for record in self.records.values())
        return max(time.astimezone(UTC) for time in times)

    @property
    def last_use(self) -> datetime | None:
        """When it was last prepared or found complete, if that could be noted."""
        return last_use(self.folder)

    def path(self, resource: str) -> Path:
        """Give where a resource lies."""
        return self.folder / self.records[resource].path

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; times are in UTC, in ISO 8601."""
        used = self.last_use
        return {
            "id": self.id,
            "repository": self.repository,
            "folder": str(self.folder),
            "size": self.size,
            "completed": self.completed.isoformat(timespec="seconds"),
            "last_use": None if used is None else used.isoformat(timespec="seconds"),
            "resources": {name: record.as_table() for name, record in self.records.items()},
        }


def warn(error: OSError) -> None:
    """Tell of what can't be read."""
    logger.warning("left out: %s", error)


def prepared_datasets(datapath: Path, left_out: LeftOut = warn) -> Iterator[Prepared]:
    """Give what is prepared, in the order of repositories and ids.

    :param datapath: the folder of the prepared datasets
    :param left_out: is told of each folder below it that the user has no right to list, and of
        each state file that can't be read at this moment
    :raises DataDirectoryError: if `datapath` is there and can't be listed
    """
    for folder in dataset_folders(datapath, left_out):
        try:
            state = State.load(folder.path) if folder.has_state else None
        except DataDirectoryError as error:
            left_out(error)
            continue
        if state is not None and state.records:
            name = state.dataset or folder.name
            yield Prepared(name, folder.repository, folder.path, state.records)


def qualified(dataset: Prepared) -> str:
    """Give the id after its repository."""
    return f"{dataset.repository or CUSTOM}:{dataset.id}"


def distinct(datasets: Iterable[Prepared]) -> list[str]:
    """Give a name for each dataset that no other has: repository and id.

    Where files or projects have made datasets of one id, the folder of each tells them apart.
    """
    datasets = list(datasets)
    counts = Counter(qualified(item) for item in datasets)
    return [
        qualified(item)
        if item.repository or counts[qualified(item)] == 1
        else f"{CUSTOM}/{item.origin}:{item.id}"
        for item in datasets
    ]


def definition_of(dataset: Prepared, context: Context) -> DatasetDefinition | None:
    """Give the definition that a prepared dataset was made by, if it is installed and works."""
    # Of no use to a mere list.
    from datamaestro.address import known_dataset
    from datamaestro.preparation.places import dataset_folder

    # What no plugin ships may be of the project of the current directory.
    project = None if dataset.repository else context.project_repository()
    origin = dataset.repository or dataset.file or (project and project.id)
    if origin is None:
        return None
    try:
        definition = known_dataset(context.catalog, f"{origin}:{dataset.id}")
        own = definition is not None and dataset_folder(definition, context) == dataset.folder
    except DatamaestroError:
        return None
    return definition if own else None
