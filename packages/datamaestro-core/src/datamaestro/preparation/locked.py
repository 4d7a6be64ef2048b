"""Preparing what a lock file says, with the plugin that declares it or without."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro import address
from datamaestro.data import Folder
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.recipe import declared_again
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.download.stored import FileResource, StoredResource
from datamaestro.errors import LockError, NotFoundError, VerificationError
from datamaestro.location import Location
from datamaestro.lockfile import Lock, LockedDataset, LockedDownload, LockedResource
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph, is_complete
from datamaestro.preparation.hooks import before_use
from datamaestro.preparation.locking import KERNEL_HANDLERS, content_digest
from datamaestro.preparation.operations import run_graph
from datamaestro.preparation.parts import part_of
from datamaestro.preparation.places import dataset_folder, graph_at_site
from datamaestro.preparation.state import State
from datamaestro.preparation.workshop import Workshop

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["prepare_frozen", "prepare_locked"]

logger = logging.getLogger(__name__)


def prepare_locked(dataset: Any, context: Context, lock: Lock) -> Any:
    """Make a dataset's data ready with the bytes that a lock has, and give its value.

    :param dataset: an id, or what ``@dataset`` decorates
    :raises NotFoundError: if the lock doesn't have it
    :raises VerificationError: if the bytes are others, or the definition wants others
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    found = address.find(context.catalog, dataset)
    definition = found.definition
    locked = lock.dataset(definition.id)
    with before_use(definition, context):
        for other in locked.needs:
            prepare_locked(lock.dataset(other).reference, context, lock)
        return part_of(_prepared(definition, context, locked), found.part)


def _prepared(definition: DatasetDefinition, context: Context, locked: LockedDataset) -> Any:
    _warn_of_another_version(locked, context)
    names = {
        item.name for item in definition.ordered_resources() if isinstance(item, StoredResource)
    }
    if names != {item.name for item in locked.resources}:
        raise VerificationError(
            f"the definition of {definition.id} isn't the one that was locked",
            where=definition.location,
            expected=", ".join(sorted(item.name for item in locked.resources)),
            found=", ".join(sorted(names)),
            hint="'datamaestro lock' brings the lock file up to date",
        )
    graph = graph_at_site(definition, context) or _graph(
        definition, dataset_folder(definition, context), context, locked
    )
    return _run(graph, locked)


def prepare_frozen(dataset_id: str, context: Context, lock: Lock, where: Path) -> Folder:
    """Make the files of a dataset ready as a lock tells, without the plugin that declares it.

    They end where the plugin would have put them, and it takes them as its own. The
    plugins that unpack and that fetch are needed all the same.

    :param where: the lock file, for messages
    :return: the dataset's folder
    :raises LockError: if a resource can't be made without its definition
    :raises DatamaestroError: as :func:`prepare_locked`
    """
    locked = lock.dataset(dataset_id)
    for other in locked.needs:
        prepare_frozen(lock.dataset(other).reference, context, lock, where)
    folder = context.datapath / locked.folder
    definition = _Thawing(locked, context, where).definition(folder)
    value: Folder = _run(_graph(definition, folder, context, locked), locked)
    return value


def _graph(
    definition: DatasetDefinition, folder: Path, context: Context, locked: LockedDataset
) -> Graph:
    workshop = Workshop(context, folder, partial(_PinnedFetcher, locked=locked))
    return Graph.bind(definition, context, folder, workshop)


def _run(graph: Graph, locked: LockedDataset) -> Any:
    state = State.load(graph.folder)
    pending = graph.missing(state)
    resources = {item.name: item for item in graph.resources if isinstance(item, StoredResource)}
    for item in locked.resources:
        if is_complete(resources[item.name], state):
            _check_recorded(item, resources[item.name], state)
    value = run_graph(graph)
    for item in locked.resources:
        if any(resources[item.name] is other for other in pending):
            _check_content(item, resources[item.name])
    return value


def _check_recorded(locked: LockedResource, resource: StoredResource, state: State) -> None:
    """Check what was prepared before: by what was fetched for it, as the state tells."""
    found = {download.sha256 for download in state.downloads(locked.name)}
    expected = {download.sha256 for download in locked.downloads}
    if not found:
        _check_content(locked, resource)
    elif found != expected:
        raise _differs(resource, ", ".join(sorted(expected)), ", ".join(sorted(found)))


def _check_content(locked: LockedResource, resource: StoredResource) -> None:
    if locked.digest is not None and resource.path.exists():
        found = content_digest(resource.path)
        if found != locked.digest:
            raise _differs(resource, locked.digest, found)


def _differs(resource: StoredResource, expected: str, found: str) -> VerificationError:
    return VerificationError(
        "not what the lock file has",
        where=resource.path,
        expected=expected,
        found=found,
        hint="remove it to have the locked bytes fetched, or run 'datamaestro lock' to keep it",
    )


def _warn_of_another_version(locked: LockedDataset, context: Context) -> None:
    for item in context.plugins.repositories:
        found = (item.plugin.distribution, item.plugin.version)
        if item.spec.id == locked.repository and found != (locked.plugin, locked.plugin_version):
            logger.warning(
                "%s was locked with %s %s, and this is %s",
                locked.id,
                locked.plugin,
                locked.plugin_version,
                item.plugin,
            )


class _PinnedFetcher(CacheFetcher):
    """Fetches the bytes that a lock has, and no others."""

    def __init__(
        self, context: Context, inputs: Path, cancelled: threading.Event, locked: LockedDataset
    ) -> None:
        super().__init__(context, inputs, cancelled)
        self._dataset = locked.id
        self._pins: dict[str, LockedDownload] = {
            download.urls[0]: download
            for resource in locked.resources
            for download in resource.downloads
        }

    def fetch(self, source: Source) -> Path:
        return super().fetch(self._pinned(source))

    def fetch_to(self, source: Source, destination: Path) -> None:
        super().fetch_to(self._pinned(source), destination)

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader[Any]]:
        with super().open(self._pinned(source)) as stream:
            yield stream

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        return super().fetch_tail(self._pinned(source), count)

    def _pinned(self, source: Source) -> Source:
        pin = self._pins.get(source.url)
        hint = "'datamaestro lock' brings the lock file up to date"
        if pin is None:
            raise VerificationError(
                f"{self._dataset} fetches something that isn't in the lock file",
                expected=", ".join(self._pins) or "nothing to be fetched",
                found=source.url,
                hint=hint,
            )
        declared = source.digests.get("sha256", pin.sha256)
        if declared != pin.sha256 or source.size not in (None, pin.size):
            raise VerificationError(
                "the definition wants other bytes than the lock file has",
                where=source.url,
                expected=f"{pin.size} bytes, {pin.sha256}",
                found=f"{source.size} bytes, {declared}",
                hint=hint,
            )
        return replace(source, size=pin.size, sha256=pin.sha256)


class _StoredAsItComes(FileResource):
    """A file that is what was downloaded: to make it needs no handler."""

    def __init__(self, locked: LockedResource) -> None:
        super().__init__(locked.path, name=locked.name)
        self.locked = locked

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(Source(item.urls, item.size, item.sha256) for item in self.locked.downloads)

    @property
    def fingerprint(self) -> str:
        return self.locked.fingerprint

    def _download(self, destination: Path) -> None:
        self.fetch_to(self.sources[0], destination)


class _Thawing:
    """Declares again what a lock has, each resource by its handler."""

    def __init__(self, locked: LockedDataset, context: Context, where: Path) -> None:
        self.locked = locked
        self.context = context
        self.where = where
        self._entries = {item.name: item for item in locked.resources}
        self._made: dict[str, Resource] = {}

    def definition(self, folder: Path) -> DatasetDefinition:
        """Give a definition whose value is the dataset's folder."""

        def frozen() -> Folder:
            return Folder(path=folder)

        definition = DatasetDefinition(
            frozen, Location(str(self.where), 1), id="frozen", type=Folder
        )
        definition.id = self.locked.id
        definition.repository = self.locked.repository
        for agreement_id, text in self.locked.agreements.items():
            definition.add_agreement(text, agreement_id)
        for name in reversed(self._entries):
            definition.add_resource(self._resource(name))
        return definition

    def _resource(self, name: str) -> Resource:
        if name not in self._made:
            self._made[name] = self._declared(self._entries[name])
        return self._made[name]

    def _declared(self, entry: LockedResource) -> Resource:
        if entry.digest in [f"sha256:{item.sha256}" for item in entry.downloads]:
            return _StoredAsItComes(entry)
        if entry.handler is None:
            raise LockError(
                f"{entry.name!r} of {self.locked.id} can't be made without its definition",
                where=self.where,
                hint=f"install {self.locked.plugin}, and use --locked",
            )
        handler: Any = KERNEL_HANDLERS.get(entry.handler) or self._handler(entry)
        return declared_again(handler, entry.arguments, self._resource)

    def _handler(self, entry: LockedResource) -> Any:
        plugins = self.context.plugins
        provided = plugins.only(
            plugins.handlers,
            lambda spec: spec.name == entry.handler,
            f"the handler {entry.handler!r}",
        )
        if provided is None:
            raise NotFoundError(
                f"no installed plugin has the handler {entry.handler!r}",
                where=self.where,
                hint=f"pip install {entry.handler_plugin}",
            )
        return plugins.load(provided)
