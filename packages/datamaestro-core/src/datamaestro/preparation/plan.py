"""What a preparation would do: what it fetches, from where, and how much room it takes.

Nothing is fetched and no connection is opened to find out, so sizes are those that
definitions declare.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from datamaestro import address
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.preparation.disk_peak import disk_peak
from datamaestro.preparation.graph import Graph, is_complete
from datamaestro.preparation.places import graph_of
from datamaestro.preparation.questions import one_question
from datamaestro.preparation.references import refuse_endless
from datamaestro.preparation.state import State
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.candidates import urls_to_ask
from datamaestro.transfer.notes import received_bytes
from datamaestro.urls import masked

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Plan", "PlannedDownload", "Step", "plan"]

Status = Literal["complete", "present", "missing", "unneeded"]
"""How a resource is before the preparation.

``complete`` ones are recorded as such. ``present`` ones lie in place, and count once they are
verified. ``missing`` ones are made. ``unneeded`` ones aren't there, and nothing needs them now.
"""


@dataclass(frozen=True)
class PlannedDownload:
    """One file to fetch.

    :param urls: where it is asked for, in this order
    :param size: its number of bytes, if declared
    :param cached: how many of them are in the cache
    :param entry: what the cache calls it, which is the same for all that need it
    """

    urls: tuple[str, ...]
    size: int | None
    cached: int
    entry: str

    @property
    def remaining(self) -> int | None:
        """The bytes that are still to come, if the size is known."""
        return None if self.size is None else max(0, self.size - self.cached)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; an unknown size is null."""
        return {"urls": list(self.urls), "size": self.size, "cached": self.cached}


@dataclass(frozen=True)
class Step:
    """What happens to one resource.

    :param resource: its name
    :param status: how things are before
    :param path: where it ends, if that is on disk
    :param size: the bytes that it takes there, if known
    :param transient: whether it goes once it isn't needed any more
    :param stage: from 0; those of one stage don't wait for each other
    :param last_stage: the stage after which a transient resource goes
    :param made_from: the names of the resources that it is made from
    :param downloads: what is fetched for it
    :param datasets: the plans of the other datasets that it prepares
    """

    resource: str
    status: Status
    path: Path | None
    size: int | None
    transient: bool
    stage: int
    last_stage: int
    made_from: tuple[str, ...]
    downloads: tuple[PlannedDownload, ...]
    datasets: tuple[Plan, ...]

    @property
    def is_pending(self) -> bool:
        """Whether there is something to do."""
        return self.status in ("missing", "present")

    @property
    def is_stored_as_it_comes(self) -> bool:
        """Whether it is a download under another name."""
        return len(self.downloads) == 1 and self.downloads[0].size == self.size is not None

    @property
    def is_to_be_fetched(self) -> bool:
        """Whether it isn't there, and has to come from elsewhere, as far as is known."""
        if self.status != "missing":
            return False
        if self.downloads:
            return any(item.remaining != 0 for item in self.downloads)
        return not (self.made_from or self.datasets)  # its own code may fetch it

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; what isn't known is null."""
        return {
            "resource": self.resource,
            "status": self.status,
            "path": None if self.path is None else str(self.path),
            "size": self.size,
            "transient": self.transient,
            "downloads": [item.to_json() for item in self.downloads],
            "datasets": [item.to_json() for item in self.datasets],
        }


@dataclass(frozen=True)
class Plan:
    """What the preparation of a dataset would do.

    :param dataset: the dataset's canonical id
    :param folder: where its data are, or will be
    :param steps: what happens to its resources, dependencies first
    :param keep_downloads: whether downloads stay in the cache
    """

    dataset: str
    folder: Path
    steps: tuple[Step, ...]
    keep_downloads: bool = False

    def downloads(self) -> list[PlannedDownload]:
        """Give all files to fetch, each once, those of other datasets included."""
        steps = [step for plan in self._all_plans() for step in plan.steps]
        found = [item for step in steps for item in step.downloads]
        known = {item.entry: item for item in found if item.size is not None}
        return list({item.entry: known.get(item.entry, item) for item in found}.values())

    def _all_plans(self) -> list[Plan]:
        """Give the plans of the other datasets, each once, and this one after them."""
        below = [
            plan for step in self.steps for other in step.datasets for plan in other._all_plans()
        ]
        return list(dict.fromkeys((*below, self)))

    def to_be_fetched(self) -> list[str]:
        """Give the names of the resources to fetch, those of other datasets included."""
        below = [
            name for step in self.steps for other in step.datasets for name in other.to_be_fetched()
        ]
        return [*below, *(step.resource for step in self.steps if step.is_to_be_fetched)]

    @property
    def download_size(self) -> int:
        """The bytes to fetch, as far as they are known."""
        return sum(item.remaining or 0 for item in self.downloads())

    @property
    def unknown_sizes(self) -> int:
        """How many files and folders don't tell how many bytes they take."""
        pending = [step for plan in self._all_plans() for step in plan.steps if step.is_pending]
        made = sum(step.path is not None and step.size is None for step in pending)
        return made + sum(item.size is None for item in self.downloads())

    @property
    def disk_peak(self) -> int:
        """The further bytes on disk that it takes at the most, as far as they are known."""
        return disk_peak(self)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON."""
        return {
            "id": self.dataset,
            "folder": str(self.folder),
            "steps": [step.to_json() for step in self.steps],
            "download_size": self.download_size,
            "disk_peak": self.disk_peak,
            "unknown_sizes": self.unknown_sizes,
        }


def plan(
    definition: DatasetDefinition,
    context: Context,
    parts: Sequence[str] = (),
    above: tuple[DatasetDefinition, ...] = (),
) -> Plan:
    """Tell what a preparation would do; changes nothing.

    :param parts: the parts of the value that have to be ready; all if there are none
    :param above: the datasets that it is prepared for
    :raises DefinitionError: if datasets refer to one another in a circle
    """
    refuse_endless(definition, above)
    with one_question():
        graph = graph_of(definition, context, parts)
        steps = tuple(_steps(graph, State.load(graph.folder), (*above, definition)))
    return Plan(definition.id, graph.folder, steps, context.keep_downloads)


def _steps(graph: Graph, state: State, above: tuple[DatasetDefinition, ...]) -> Iterator[Step]:
    pending = {id(resource) for resource in graph.missing(state)}
    stages: dict[int, int] = {}
    for resource in graph.resources:
        waits = [stages[id(item)] for item in resource.dependencies if id(item) in pending]
        stages[id(resource)] = max(waits, default=-1) + 1
    for resource in graph.resources:
        is_pending = id(resource) in pending
        stored = resource if isinstance(resource, StoredResource) else None
        users = [stages[id(item)] for item in graph.dependents(resource) if id(item) in pending]
        yield Step(
            resource=resource.name,
            status=_status(resource, state, is_pending),
            path=None if stored is None else stored.path,
            size=None if stored is None else _size(stored, state),
            transient=resource.transient and bool(users),
            stage=stages[id(resource)],
            last_stage=max(users, default=0),
            made_from=tuple(item.name for item in resource.dependencies),
            downloads=_downloads(resource, graph.context) if is_pending else (),
            datasets=_datasets(resource, graph.context, above) if is_pending else (),
        )


def _status(resource: Resource, state: State, is_pending: bool) -> Status:
    if not is_pending:
        return "complete" if is_complete(resource, state) else "unneeded"
    there = isinstance(resource, StoredResource) and resource.path.exists()
    return "present" if there else "missing"


def _size(resource: StoredResource, state: State) -> int | None:
    record = state.at(resource.relative_path)
    return record.size if is_complete(resource, state) and record else resource.finished_size


def _downloads(resource: Resource, context: Context) -> tuple[PlannedDownload, ...]:
    return tuple(_download(source, context) for source in resource.sources)


def _download(source: Source, context: Context) -> PlannedDownload:
    urls = urls_to_ask(source, context)
    entry = CacheEntry.of(source, context.cachepath)
    return PlannedDownload(tuple(map(masked, urls)), source.size, received_bytes(entry), entry.key)


def _datasets(
    resource: Resource, context: Context, above: tuple[DatasetDefinition, ...]
) -> tuple[Plan, ...]:
    found = (address.find(context.catalog, dataset).definition for dataset in resource.datasets)
    return tuple(plan(definition, context, (), above) for definition in found)
