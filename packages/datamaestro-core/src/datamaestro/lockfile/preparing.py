"""Preparing what a lock file says, with the plugin that declares it or without."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datamaestro import address
from datamaestro.data import Folder
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.digests import content_digest
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.download.transport import Transport
from datamaestro.errors import LockError, TransportError, VerificationError
from datamaestro.lockfile.definition import AsLocked, LockedDefinition
from datamaestro.lockfile.lock import Lock
from datamaestro.lockfile.locked import LockedDataset, LockedDownload, LockedResource
from datamaestro.lockfile.plain_transports import PLAIN_TRANSPORTS
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph, is_complete
from datamaestro.preparation.hooks import before_use
from datamaestro.preparation.operations import run_graph
from datamaestro.preparation.parts import part_of
from datamaestro.preparation.places import dataset_folder, graph_at_site, graph_below_site
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import Workspace

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.transfer.cancelling import Cancellation

__all__ = ["prepare_frozen", "prepare_locked"]

logger = logging.getLogger(__name__)

_DIFFERS = "not what the lock file has"
_UP_TO_DATE = "'datamaestro lock -o FILE' brings the lock file up to date"


def prepare_locked(dataset: Any, context: Context, lock: Lock) -> Any:
    """Make a dataset's data ready with the bytes that a lock has, and give its value.

    :param dataset: an id, or what ``@dataset`` decorates
    :raises NotFoundError: if the lock doesn't have it
    :raises VerificationError: if the bytes are others, or the definition wants others
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    found = address.find(context.catalog, dataset)
    definition = found.definition
    locked = lock.dataset(definition.id, definition.repository)
    with before_use(definition, context):
        for resource in definition.ordered_resources():
            for other in resource.datasets:
                prepare_locked(other, context, lock)
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
            hint=_UP_TO_DATE,
        )
    graph = graph_at_site(definition, context) or _graph(
        definition, dataset_folder(definition, context), context, locked
    )
    # What is made is compared with the lock before it gets its place, or it would stay there.
    digests = {item.name: item.digest for item in locked.resources if item.digest is not None}
    for resource in graph.stored:
        if resource.name in digests:
            resource.checker = AsLocked(digests[resource.name], _DIFFERS)
    checked = _check_complete(graph, locked)
    value = run_graph(graph)
    _check_complete(graph, locked, checked)  # what was made: a handler may ignore its checker
    return value


def prepare_frozen(dataset_id: str, context: Context, lock: Lock, where: Path) -> Folder:
    """Make the files of a dataset ready as a lock tells, without the plugin that declares it.

    They end where the plugin would have put them, and it takes them as its own; if a
    directory of the site has them all, they are used from there. No other plugin is needed
    either if the lock tells how the files follow from the downloads, and these come over HTTP
    or from this machine.

    :param where: the lock file, for messages
    :return: the dataset's folder
    :raises LockError: if a resource can't be made without its definition
    :raises DatamaestroError: as :func:`prepare_locked`
    """
    return _frozen(lock.dataset(dataset_id), context, lock, where, ())


def _frozen(
    locked: LockedDataset, context: Context, lock: Lock, where: Path, above: tuple[str, ...]
) -> Folder:
    """Do what :func:`prepare_frozen` does.

    :param above: the datasets that it is needed for, each as its `reference`
    """
    path = (*above, locked.reference)
    if locked.reference in above:
        raise LockError(f"datasets need one another in a circle: {' → '.join(path)}", where=where)
    for other in locked.needs:
        _frozen(lock.dataset(other), context, lock, where, path)
    graph = _frozen_graph(locked, context, where)
    _check_complete(graph, locked)
    value: Folder = run_graph(graph)
    return value


def _frozen_graph(locked: LockedDataset, context: Context, where: Path) -> Graph:
    """Bind the resources of a lock where they are used from, or will be."""
    own = context.datapath / locked.folder
    definition = LockedDefinition(locked, context, where).definition(own)
    at_site = graph_below_site(definition, PurePosixPath(locked.folder), context)
    if at_site is None:
        return _graph(definition, own, context, locked)
    # The value is the folder: that of the site.
    used = LockedDefinition(locked, context, where).definition(at_site.folder)
    return Graph.bind(used, context, at_site.folder, at_site.workspace)


def _graph(
    definition: DatasetDefinition, folder: Path, context: Context, locked: LockedDataset
) -> Graph:
    # Shared by all resources: to read the certificates of the system takes 28 ms each time.
    plain = {scheme: kind(context) for scheme, kind in PLAIN_TRANSPORTS.items()}
    workspace = Workspace(context, folder, partial(_PinnedFetcher, locked=locked, plain=plain))
    return Graph.bind(definition, context, folder, workspace)


def _check_complete(
    graph: Graph, locked: LockedDataset, checked: Collection[str] = ()
) -> list[str]:
    """Check what is complete, and give its names.

    :param checked: the names of what was checked already, perhaps by reading all of it
    :raises VerificationError: if it isn't what the lock has
    """
    state = State.load(graph.folder)
    resources = {item.name: item for item in graph.stored}
    complete = [item for item in locked.resources if is_complete(resources[item.name], state)]
    for item in complete:
        if item.name in checked:
            continue
        try:
            _check_recorded(item, resources[item.name], state)
        except VerificationError as error:
            if graph.is_at_site:  # whose users can't remove it
                error.hint = (
                    "name no such directory in DATAMAESTRO_PATH or settings.json to have the "
                    "locked bytes fetched, or run 'datamaestro lock -o FILE' to keep it"
                )
            raise
    return [item.name for item in complete]


def _check_recorded(locked: LockedResource, resource: StoredResource, state: State) -> None:
    """Check a resource by what the state tells of it, or by its content if that isn't enough."""
    found = {download.sha256 for download in state.downloads(locked.name, resource.relative_path)}
    expected = {download.sha256 for download in locked.downloads}
    if found and found != expected:
        raise _differs(resource, ", ".join(sorted(expected)), ", ".join(sorted(found)))
    record = state.at(resource.relative_path)
    if locked.digest is None or record is None:
        return
    if not found:
        digest = content_digest(resource.path)
    elif record.sha256 is not None:
        digest = f"sha256:{record.sha256}"
    else:
        return  # a folder made from the locked downloads: to read all of it takes too long
    if digest != locked.digest:
        raise _differs(resource, locked.digest, digest)


def _differs(resource: StoredResource, expected: str, found: str) -> VerificationError:
    return VerificationError(
        _DIFFERS,
        where=resource.path,
        expected=expected,
        found=found,
        hint="remove it to have the locked bytes fetched; or, to keep it, run "
        "'datamaestro lock -o FILE'",
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
    """Fetches the bytes that a lock has, and no others.

    :param plain: what opens the URLs of a scheme where no plugin does
    """

    def __init__(
        self,
        context: Context,
        inputs: Path,
        cancelled: Cancellation,
        locked: LockedDataset,
        plain: Mapping[str, Transport],
    ) -> None:
        super().__init__(context, inputs, cancelled)
        self._locked = locked
        self._plain = plain
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

    def _transport(self, url: str) -> Transport:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        provided = self.context.plugins.transports
        is_provided = any(scheme in item.spec.schemes for item in provided)
        if not is_provided and parts.username is None and scheme in self._plain:
            return self._plain[scheme]
        try:
            return super()._transport(url)
        except TransportError as error:
            if distribution := self._locked.transports.get(scheme):
                error.hint = f"pip install {distribution}"
            raise

    def _pinned(self, source: Source) -> Source:
        pin = self._pins.get(source.url)
        if pin is None:
            raise VerificationError(
                f"{self._locked.id} fetches something that isn't in the lock file",
                expected=", ".join(self._pins) or "nothing to be fetched",
                found=source.url,
                hint=_UP_TO_DATE,
            )
        declared = source.digests.get("sha256", pin.sha256)
        if declared != pin.sha256 or source.size not in (None, pin.size):
            raise VerificationError(
                "the definition wants other bytes than the lock file has",
                where=source.url,
                expected=f"{pin.size} bytes, {pin.sha256}",
                found=f"{source.size} bytes, {declared}",
                hint=_UP_TO_DATE,
            )
        return replace(source, size=pin.size, sha256=pin.sha256)
