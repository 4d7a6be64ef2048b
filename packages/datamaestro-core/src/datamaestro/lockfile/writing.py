"""Writing down which bytes datasets are made of.

The datasets are prepared first: so a lock holds what has been seen, and not only what
definitions promise, and it is the same whenever it is made from the same data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datamaestro import address
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.digests import content_digest
from datamaestro.download.combine import FilesCopy
from datamaestro.download.derivation import Derivation, Joined
from datamaestro.download.recipe import NotPortable, arguments_of
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.errors import PluginError, QueryError
from datamaestro.lockfile.lock import Lock
from datamaestro.lockfile.locked import (
    LockedDataset,
    LockedDownload,
    LockedResource,
    reference_of,
)
from datamaestro.plugins.manager import Plugin
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.operations import run_graph
from datamaestro.preparation.places import graph_of, relative_folder
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import Download
from datamaestro.transfer.candidates import urls_to_ask
from datamaestro.urls import masked
from datamaestro.variants import word

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["KERNEL_HANDLERS", "lock_datasets"]

KERNEL_HANDLERS: dict[str, type[Resource]] = {"FilesCopy": FilesCopy}
"""The handlers that need no plugin."""


def lock_datasets(datasets: Iterable[Any], context: Context) -> Lock:
    """Prepare datasets, and give the lock that tells what they are made of.

    :param datasets: ids, or what ``@dataset`` decorates
    :raises QueryError: if one is only a part of a dataset
    :raises DatamaestroError: if one can't be prepared, see :mod:`datamaestro.errors`
    """
    writer = _Writer(context)
    requested = [writer.add(dataset) for dataset in datasets]
    return writer.lock(frozenset(requested))


class _Writer:
    """Gathers datasets, those that others need included, each once."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._needs: dict[str, tuple[str, ...]] = {}
        self._graphs: dict[str, Graph] = {}

    def add(self, dataset: Any) -> str:
        """Prepare a dataset and all that it needs; give its id, after its repository's."""
        found = address.find(self.context.catalog, dataset)
        definition = found.definition
        if found.part:
            raise QueryError(
                "only a whole dataset can be locked",
                expected=definition.id,
                found=f"{definition.id}.{'.'.join(found.part)}",
            )
        reference = reference_of(definition.id, definition.repository)
        if reference not in self._graphs:
            graph = graph_of(definition, self.context)
            run_graph(graph)
            self._graphs[reference] = graph
            others = [item for resource in graph.resources for item in resource.datasets]
            self._needs[reference] = tuple(sorted(self.add(other) for other in others))
        return reference

    def lock(self, requested: frozenset[str]) -> Lock:
        """Give the lock of all that was added."""
        datasets = (
            self._locked(graph, self._needs[reference], reference in requested)
            for reference, graph in self._graphs.items()
        )
        return Lock(tuple(sorted(datasets, key=lambda item: (item.id, item.reference))))

    def _locked(self, graph: Graph, needs: tuple[str, ...], requested: bool) -> LockedDataset:
        definition = graph.definition
        plugin = _plugin_of(definition, self.context)
        state = State.load(graph.folder)
        return LockedDataset(
            id=definition.id,
            folder=relative_folder(definition, self.context).as_posix(),
            requested=requested,
            repository=definition.repository,
            plugin=None if plugin is None else plugin.distribution,
            plugin_version=None if plugin is None else plugin.version,
            variant={
                name: value if isinstance(value, bool | int | float) else word(value)
                for name, value in definition.variant.items()
                if value is not None
            },
            needs=needs,
            agreements={item.id: item.text for item in definition.agreements},
            transports=_transports(graph.sources, self.context),
            resources=tuple(
                self._resource(resource, state, graph.workspace) for resource in graph.stored
            ),
        )

    def _resource(
        self, resource: StoredResource, state: State, workspace: Workspace
    ) -> LockedResource:
        record = state.at(resource.relative_path)
        fetched = state.downloads(resource.name, resource.relative_path)
        handler, plugin = self._handler_of(resource)
        arguments: dict[str, Any] = {}
        try:
            arguments = {} if handler is None else arguments_of(resource)
        except NotPortable:
            handler = plugin = None
        downloads = tuple(self._download(source, fetched, workspace) for source in resource.sources)
        digest = None if record is None else content_digest(resource.path)
        return LockedResource(
            name=resource.name,
            fingerprint=resource.fingerprint,
            path=resource.relative_path.as_posix(),
            size=None if record is None else record.size,
            digest=digest,
            transient=resource.transient,
            handler=handler,
            handler_plugin=plugin,
            arguments=arguments,
            derivation=_derivation(resource, digest, downloads),
            downloads=downloads,
        )

    def _handler_of(self, resource: Resource) -> tuple[str | None, str | None]:
        """Give the name of a resource's handler and the distribution that has it."""
        if resource.datasets:
            return None, None  # what it makes depends on where other datasets lie
        for name, handler in KERNEL_HANDLERS.items():
            if handler is type(resource):
                return name, None
        for item in self.context.plugins.handlers:
            try:
                if self.context.plugins.load(item) is type(resource):
                    return item.spec.name, item.plugin.distribution
            except PluginError:
                continue  # the manager warned
        return None, None

    def _download(
        self, source: Source, known: Iterable[Download], workspace: Workspace
    ) -> LockedDownload:
        """Tell size and digest of what a source serves.

        The state knows those of what was fetched. What an earlier program fetched is
        fetched once more, unless its size and digest are declared.
        """
        if source.size is not None and source.sha256 is not None:
            return LockedDownload(source.urls, source.size, source.sha256.lower())
        urls = urls_to_ask(source, self.context)
        fetched = [item for item in known if item.url in map(masked, urls)]
        if not fetched:
            fetched = _fetched_again(source, workspace.another())
        return LockedDownload(source.urls, fetched[0].size, fetched[0].sha256)


def _derivation(
    resource: StoredResource, digest: str | None, downloads: tuple[LockedDownload, ...]
) -> Derivation | None:
    """Give how a resource follows from its downloads, if it is its download, or its class tells."""
    is_download = [digest] == [f"sha256:{item.sha256}" for item in downloads]
    return Joined(("",)) if is_download else resource.derivation


def _fetched_again(source: Source, workspace: Workspace) -> list[Download]:
    fetcher = workspace.fetcher("locked")
    try:
        fetcher.fetch(source)
        downloads = list(fetcher.downloads)
        fetcher.release(lambda _source: False)
    finally:
        workspace.tidy()
    return downloads


def _transports(sources: Iterable[Source], context: Context) -> dict[str, str]:
    """Give the distributions that open the URLs of sources, by scheme."""
    schemes = {urlsplit(url).scheme.lower() for source in sources for url in source.urls}
    return {
        scheme: item.plugin.distribution
        for item in context.plugins.transports
        for scheme in sorted(schemes.intersection(item.spec.schemes))
    }


def _plugin_of(definition: DatasetDefinition, context: Context) -> Plugin | None:
    for item in context.plugins.repositories:
        if item.spec.id == definition.repository:
            return item.plugin
    return None
