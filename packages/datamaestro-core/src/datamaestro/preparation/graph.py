"""The resources of one dataset, bound to one context."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Binding, Fetcher, Resource, StoredResource, ValueResource
from datamaestro.identifiers import relative_path
from datamaestro.preparation.namespace import namespace_of
from datamaestro.preparation.state import State

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Graph", "dataset_folder"]


def dataset_folder(definition: DatasetDefinition, context: Context) -> Path:
    """Give the folder of a dataset in the data directory, below its namespace."""
    namespace = definition.namespace or namespace_of(definition, context)
    return context.datapath / namespace / relative_path(definition.id)


@dataclass(frozen=True)
class Graph:
    """The bound resources of a dataset.

    :param definition: the dataset
    :param context: where it is prepared
    :param folder: the dataset's folder
    :param fetcher: what gives them bytes
    :param resources: all of them, dependencies first
    :param named: those that the definition names itself
    """

    definition: DatasetDefinition
    context: Context
    folder: Path
    fetcher: Fetcher
    resources: tuple[Resource, ...]
    named: dict[str, Resource]

    @classmethod
    def bind(
        cls, definition: DatasetDefinition, context: Context, folder: Path, fetcher: Fetcher
    ) -> Graph:
        """Bind the resources of a definition.

        :raises DefinitionError: if they depend on one another in a circle
        """
        binding = Binding(context, definition, folder, fetcher)
        bound: dict[int, Resource] = {}
        for resource in definition.ordered_resources():
            bound[id(resource)] = resource.bind(binding, bound)
        named = {name: bound[id(resource)] for name, resource in definition.resources.items()}
        return cls(definition, context, folder, fetcher, tuple(bound.values()), named)

    def dependents(self, resource: Resource) -> list[Resource]:
        """Give the resources that depend on one."""
        return [
            other
            for other in self.resources
            if any(item is resource for item in other.dependencies)
        ]

    def missing(self, state: State) -> list[Resource]:
        """Give the resources that have to be made, dependencies first.

        A transient resource has to only if one that depends on it has to.
        """
        wanted: list[Resource] = []
        for resource in reversed(self.resources):
            dependents = self.dependents(resource)
            waiting = any(item is other for item in dependents for other in wanted)
            if resource.transient and dependents and not waiting:
                continue
            if not is_complete(resource, state):
                wanted.append(resource)
        return wanted[::-1]

    def unneeded(self, state: State) -> list[StoredResource]:
        """Give the transient resources that are there, and that nothing needs any more."""
        return [
            resource
            for resource in self.resources
            if resource.transient
            and isinstance(resource, StoredResource)
            and state.get(resource.name) is not None
            and (dependents := self.dependents(resource))
            and all(is_complete(other, state) for other in dependents)
        ]


def is_complete(resource: Resource, state: State) -> bool:
    """Tell whether a resource needs nothing more to be done.

    For one that is stored, the state must say so, for the same fingerprint, and
    what lies there must still have the size that was recorded.
    """
    if isinstance(resource, ValueResource):
        return resource.is_ready()
    assert isinstance(resource, StoredResource)
    record = state.get(resource.name)
    if record is None or record.fingerprint != resource.fingerprint:
        return False
    try:
        status = resource.path.stat()
    except OSError:
        return False
    return resource.path.is_dir() or record.size == status.st_size
