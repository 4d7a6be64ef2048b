"""The prepared datasets, as the state files tell of them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro import identifiers
from datamaestro.dataset_folders import LeftOut, dataset_folders, pass_over
from datamaestro.errors import (
    AmbiguousDatasetError,
    DataDirectoryError,
    DatamaestroError,
    DatasetNotFoundError,
    QueryError,
)
from datamaestro.identifiers import Identifier, did_you_mean
from datamaestro.preparation.state import State
from datamaestro.preparation.use import last_use
from datamaestro.project import CUSTOM
from datamaestro.selector import format_selector
from datamaestro.state_files import Record

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = [
    "Prepared",
    "definition_of",
    "distinct",
    "find_all_prepared",
    "find_prepared",
    "prepared_datasets",
    "qualified",
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


def _warn(error: PermissionError) -> None:
    logger.warning("left out: %s", error)


def prepared_datasets(datapath: Path, left_out: LeftOut = _warn) -> Iterator[Prepared]:
    """Give what is prepared, in the order of repositories and ids.

    What can't be read at this moment is left out, with a warning.

    :param datapath: the folder of the prepared datasets
    :param left_out: is told of each folder below it that the user has no right to list
    :raises DataDirectoryError: if `datapath` is there and can't be listed
    """
    for folder in dataset_folders(datapath, left_out):
        try:
            state = State.load(folder.path) if folder.has_state else None
        except DataDirectoryError as error:
            logger.warning("left out: %s", error)
            continue
        if state is not None and state.records:
            name = state.dataset or folder.name
            yield Prepared(name, folder.repository, folder.path, state.records)


def find_prepared(reference: str, context: Context) -> list[Prepared]:
    """Find the prepared datasets that a user names; without a selector all variants.

    :param reference: an id, perhaps after its repository's; or a file and a name in it
    :raises DatasetNotFoundError: if none is
    :raises AmbiguousDatasetError: if several repositories, files or projects have one
    :raises QueryError: if it isn't an id at all
    """
    wanted = identifiers.parse(reference)
    known = list(prepared_datasets(context.datapath))
    if wanted.file is not None or _is_of_project(wanted, context):
        found = _declared_by_user(wanted, known, context)
    else:
        found = [item for item in known if _is(item, wanted)] or _chosen(wanted, known, context)
    repositories = {item.repository for item in found}
    if len(repositories) > 1 and context.user_settings.default_repository in repositories:
        repositories = {context.user_settings.default_repository}
    if len(repositories) > 1:
        names = sorted(qualified(item) for item in found)
        raise AmbiguousDatasetError(
            f"several repositories have a dataset {wanted.name!r}",
            found=", ".join(names),
            hint=f"write {' or '.join(names)}",
        )
    if not found:
        raise DatasetNotFoundError(
            f"the dataset {reference!r} isn't prepared",
            where=context.datapath,
            hint=_at_a_site(wanted, context)
            or did_you_mean(wanted.name, [item.id for item in known])
            or "'datamaestro list' shows what is",
        )
    found = [item for item in found if item.repository in repositories]
    _refuse_several_origins(found, wanted)
    return found


def find_all_prepared(references: Iterable[str], context: Context) -> list[Prepared]:
    """Find the prepared datasets that a user names, each once; raises as :func:`find_prepared`."""
    found = (item for reference in references for item in find_prepared(reference, context))
    return list({item.folder: item for item in found}.values())


def _refuse_several_origins(found: list[Prepared], wanted: Identifier) -> None:
    """Refuse an id that several files or projects, unaware of each other, have used."""
    origins = sorted({item.origin for item in found if item.repository is None})
    if len(origins) > 1:
        raise AmbiguousDatasetError(
            f"several files or projects have made a dataset {wanted.name!r}",
            found=", ".join(f"{CUSTOM}/{origin}" for origin in origins),
            hint=f"write FILE.py:NAME, or, in a project, PROJECT:{wanted.name}",
        )


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
    from datamaestro.preparation.places import dataset_folder  # of no use to a mere list

    # What no plugin ships may be of the project of the current directory.
    project = None if dataset.repository else context.project_repository()
    origin = dataset.repository or dataset.file or (project and project.id)
    if origin is None:
        return None
    try:
        definition = context.dataset(f"{origin}:{dataset.id}")
        return definition if dataset_folder(definition, context) == dataset.folder else None
    except DatamaestroError:
        return None


def _at_a_site(wanted: Identifier, context: Context) -> str | None:
    """Tell how to look at the site's directory that has a dataset, if there is one."""
    for directory in context.site_directories:
        with suppress(DataDirectoryError):
            known = prepared_datasets(directory / "data", pass_over)
            if any(_is(item, wanted) for item in known):
                looking = f"'datamaestro --data {directory} …' looks there"
                return f"it is used from {directory}: {looking}"
    return None


def _is(dataset: Prepared, wanted: Identifier) -> bool:
    try:
        return wanted.covers(identifiers.parse(qualified(dataset)))
    except QueryError:
        return False  # a folder of another kind of name, which no id has


def _is_of_project(wanted: Identifier, context: Context) -> bool:
    """Tell whether an id stands after that of the project of the current directory."""
    if wanted.repository is None:
        return False
    project = context.project_repository()
    return project is not None and project.id == wanted.repository


def _declared_by_user(
    wanted: Identifier, known: Iterable[Prepared], context: Context
) -> list[Prepared]:
    """Find what a file or the project declares among the prepared datasets, or its variants."""
    from datamaestro.preparation.places import dataset_folder

    definition = context.dataset(f"{wanted.file or wanted.repository}:{wanted.name}")
    folder = dataset_folder(definition, context)
    by_id = wanted._replace(repository=None, name=definition.id, file=None)
    return [
        replace(item, file=wanted.file)
        for item in known
        if item.folder.is_relative_to(folder)
        and (_is(item, by_id) or _is_chosen(item, wanted, definition))
    ]


def _chosen(wanted: Identifier, known: Iterable[Prepared], context: Context) -> list[Prepared]:
    """Find variants that a selector names in other words than state files do."""
    if not wanted.selector:
        return []
    try:
        definition = context.dataset(str(wanted._replace(selector={}, part=())))
    except DatamaestroError:
        return []
    return [item for item in known if _is_chosen(item, wanted, definition)]


def _is_chosen(item: Prepared, wanted: Identifier, definition: DatasetDefinition) -> bool:
    """Tell whether it has a selector's values, be they spelled otherwise or left to defaults."""
    variants = definition.variants
    if variants is None or item.repository != definition.repository:
        return False
    try:
        own = identifiers.parse(item.id)
        chosen = variants.parse_selector(format_selector(wanted.selector))
        values = variants.resolve(**variants.parse_selector(format_selector(own.selector)))
    except QueryError:
        return False
    same = all(name in values and values[name] == value for name, value in chosen.items())
    return own.name == definition.id and same
