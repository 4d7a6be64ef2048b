"""The resources of one dataset, bound to one context."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Binding, Resource, ValueResource
from datamaestro.download.source import Source
from datamaestro.download.stored import FileResource, StoredResource
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.questions import one_question
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import Record

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Graph", "is_complete"]


@dataclass(frozen=True)
class Graph:
    """The bound resources of a dataset.

    :param definition: the dataset
    :param context: where it is prepared
    :param folder: the dataset's folder
    :param workspace: what a run of them has to itself
    :param resources: all of them, dependencies first
    :param named: those that the definition names itself
    :param wanted: the names of those that are wanted, with all that they depend on
    """

    definition: DatasetDefinition
    context: Context
    folder: Path
    workspace: Workspace
    resources: tuple[Resource, ...]
    named: dict[str, Resource]
    wanted: frozenset[str]

    @classmethod
    def bind(
        cls, definition: DatasetDefinition, context: Context, folder: Path, workspace: Workspace
    ) -> Graph:
        """Bind the resources of a definition.

        :raises DefinitionError: if they depend on one another in a circle
        """
        bound: dict[int, Resource] = {}
        for resource in definition.ordered_resources():
            fetcher = partial(workspace.fetcher, resource.name)
            binding = Binding(context, definition, folder, fetcher)
            bound[id(resource)] = resource.bind(binding, bound)
        named = {name: bound[id(resource)] for name, resource in definition.resources.items()}
        return cls(
            definition, context, folder, workspace, tuple(bound.values()), named, frozenset(named)
        )

    def narrowed(self, names: frozenset[str]) -> Graph:
        """Give the graph with these resources wanted alone."""
        return replace(self, wanted=names)

    def bound_again(self, folder: Path, workspace: Workspace) -> Graph:
        """Bind the same once more: in another folder, or for another run."""
        again = Graph.bind(self.definition, self.context, folder, workspace)
        return again.narrowed(self.wanted)

    @cached_property
    def is_at_site(self) -> bool:
        """Whether it is read from a directory of the site, where nothing is written."""
        return not self.folder.is_relative_to(self.context.datapath)

    @property
    def stored(self) -> list[StoredResource]:
        """Those that are stored."""
        return [item for item in self.resources if isinstance(item, StoredResource)]

    @property
    def sources(self) -> list[Source]:
        """What is downloaded for them."""
        return [source for resource in self.resources for source in resource.sources]

    @cached_property
    def _dependents(self) -> dict[int, list[Resource]]:
        found: dict[int, list[Resource]] = {id(resource): [] for resource in self.resources}
        for other in self.resources:
            for item in other.dependencies:
                found.setdefault(id(item), []).append(other)
        return found

    def dependents(self, resource: Resource) -> list[Resource]:
        """Give the resources that depend on one."""
        return self._dependents[id(resource)]

    def missing(self, state: State) -> list[Resource]:
        """Give the resources that have to be made, dependencies first.

        A transient resource has to be made only if one that depends on it has to.
        """
        with one_question():
            return self._incomplete(lambda resource: is_complete(resource, state))

    def missing_stored(self, state: State) -> list[Resource]:
        """Give those of them that are stored, as if all values were ready.

        So no value is asked: its answer may depend on services, or on other datasets.
        """
        return self._incomplete(
            lambda resource: isinstance(resource, ValueResource) or is_complete(resource, state)
        )

    def _incomplete(self, completed: Callable[[Resource], bool]) -> list[Resource]:
        wanted: dict[int, Resource] = {}
        needed = self._needed()
        for resource in reversed(self.resources):
            dependents = self.dependents(resource)
            waiting = any(id(item) in wanted for item in dependents)
            if id(resource) not in needed or (resource.transient and dependents and not waiting):
                continue
            if not completed(resource):
                wanted[id(resource)] = resource
        return [*wanted.values()][::-1]

    def _needed(self) -> set[int]:
        """Give the ``id()`` of what is wanted, and of all that this depends on."""
        needed = {id(resource) for resource in self.resources if resource.name in self.wanted}
        for resource in reversed(self.resources):
            if id(resource) in needed:
                needed.update(map(id, resource.dependencies))
        return needed

    def unneeded(self, state: State) -> list[StoredResource]:
        """Give the transient resources that are there, and that nothing needs any more."""
        return [
            resource
            for resource in self.resources
            if resource.transient
            and isinstance(resource, StoredResource)
            and state.at(resource.relative_path) is not None
            and (dependents := self.dependents(resource))
            and all(is_complete(other, state) for other in dependents)
        ]


def is_complete(resource: Resource, state: State) -> bool:
    """Tell whether a resource needs nothing more to be done.

    For one that is stored, the state must say so of its place, for the same fingerprint and
    sizes, and what lies there must still have the size that was recorded, and be ready.
    """
    if resource.name in state.anew:
        return False
    if isinstance(resource, ValueResource):
        with noting(resource.dataset, f"looking at the state of the resource {resource.name!r}"):
            return resource.is_ready()
    assert isinstance(resource, StoredResource)
    record = state.at(resource.relative_path)
    if record is None or not _is_of(record, resource):
        return False
    try:
        status = resource.path.stat()
    except OSError:
        return False
    if stat.S_ISDIR(status.st_mode):
        return not isinstance(resource, FileResource) and resource.is_ready()
    return record.size == status.st_size and resource.is_ready()


def _is_of(record: Record, resource: StoredResource) -> bool:
    """Tell whether what a resource declares is what a record tells of it."""
    if record.fingerprint != resource.fingerprint:
        return False
    if resource.finished_size not in (None, record.size):
        return False
    if len(record.downloads) != len(resource.sources):
        return True  # it was adopted, or has its own way with its sources
    sizes = {download.size for download in record.downloads}
    return all(source.size is None or source.size in sizes for source in resource.sources)
