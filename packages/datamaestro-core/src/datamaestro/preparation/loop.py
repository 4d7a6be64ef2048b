"""The loop that makes a dataset's resources, one after the other.

For each: make it below ``.downloads``, verify it, flush it to disk, rename it
into place, record it as complete. In no other order: whatever happens between
any two of these, the next run finds either the whole or something to discard.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import StoredResource, ValueResource
from datamaestro.errors import DataDirectoryError, VerificationError
from datamaestro.files import (
    STORAGE_ERRORS,
    flush_to_disk,
    move_into_place,
    remove,
    size_on_disk,
    usable,
)
from datamaestro.preparation.fetch import CacheFetcher, NextSource
from datamaestro.preparation.graph import Graph, dataset_folder
from datamaestro.preparation.hooks import before_download, before_use
from datamaestro.preparation.locks import locked
from datamaestro.preparation.sharing import still_wanted
from datamaestro.preparation.state import Record, State
from datamaestro.preparation.value import build_value

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["build", "missing_resources", "run"]

logger = logging.getLogger(__name__)

WORK = ".downloads"
LOCK = ".state.lock"

_under_way: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_under_way", default=())


def run(definition: DatasetDefinition, context: Context) -> Any:
    """Make all that is missing, and give the dataset's value.

    What the user has to agree to comes first. When nothing is missing, no lock is taken
    and nothing is written.

    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    graph = _bind(definition, context)
    with before_use(definition, context), _once(definition):
        state = State.load(graph.folder)
        if graph.missing(state):
            before_download(definition, context)
            with locked(graph.folder / LOCK, definition.id):
                _Loop(graph).run()
        elif graph.unneeded(state):
            # Left by a run that was interrupted at its end. Removing it is a courtesy,
            # which someone who may only read can't do.
            with suppress(DataDirectoryError), locked(graph.folder / LOCK, definition.id):
                _Loop(graph).run()
        return build_value(graph)


def build(definition: DatasetDefinition, context: Context) -> Any:
    """Give the dataset's value, whether its data are there or not."""
    graph = _bind(definition, context)
    with before_use(definition, context), _once(definition):
        return build_value(graph)


def missing_resources(definition: DatasetDefinition, context: Context) -> list[str]:
    """Give the names of the resources that have to be made; changes nothing."""
    graph = _bind(definition, context)
    with _once(definition):
        return [resource.name for resource in graph.missing(State.load(graph.folder))]


def _bind(definition: DatasetDefinition, context: Context) -> Graph:
    folder = dataset_folder(definition, context)
    return Graph.bind(definition, context, folder, CacheFetcher(context, folder / WORK))


@contextmanager
def _once(definition: DatasetDefinition) -> Iterator[None]:
    """Refuse datasets that refer to themselves, through others or not."""
    path = _under_way.get()
    if any(item is definition for item in path):
        circle = " → ".join(item.id for item in (*path, definition))
        raise definition.error(f"datasets refer to one another in a circle: {circle}")
    token = _under_way.set((*path, definition))
    try:
        yield
    finally:
        _under_way.reset(token)


class _Loop:
    """One run, by the process that holds the dataset's lock."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        assert isinstance(graph.fetcher, CacheFetcher)
        self.fetcher = graph.fetcher
        # Read now that the lock is held: another process may have finished meanwhile.
        self.state = State.load(graph.folder)

    def run(self) -> None:
        for resource in self.graph.missing(self.state):
            if isinstance(resource, ValueResource):
                resource.make()
            else:
                assert isinstance(resource, StoredResource)
                self._make(resource)
            self._drop_unneeded()
        self._drop_unneeded()
        with usable(self.graph.folder):
            remove(self.graph.folder / WORK)

    def _make(self, resource: StoredResource) -> None:
        if self._adopt(resource):
            return
        destination = self.graph.folder / WORK / resource.relative_path
        while not self._download(resource, destination):
            pass
        self._verify(resource, destination)
        with usable(self.graph.folder):
            flush_to_disk(destination)
            size = size_on_disk(destination)
            move_into_place(destination, resource.path)
        self._record(resource, size)
        root = _under_way.get()[0]
        self.fetcher.release(lambda source: still_wanted(source, self.graph, root))

    def _download(self, resource: StoredResource, destination: Path) -> bool:
        """Let a resource be made at `destination`; tell whether it was.

        If it wasn't, the bytes that it was made from were wrong, and the next source
        may have the right ones.
        """
        self.fetcher.downloads.clear()
        with usable(self.graph.folder):
            if not resource.can_recover:
                remove(destination)
            destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            resource._download(destination)
        except NextSource:
            remove(destination)
            return False
        except BaseException as error:
            if not resource.can_recover:
                remove(destination)
            if isinstance(error, OSError) and error.errno in STORAGE_ERRORS:
                with usable(self.graph.folder):
                    raise
            raise
        return True

    def _adopt(self, resource: StoredResource) -> bool:
        """Take what lies in place, from an earlier program or definition, if it is right."""
        if not resource.path.exists():
            return False
        logger.info("Verifying %s, which is there already", resource.path)
        try:
            proven = resource.proves(resource.path)
        except VerificationError as error:
            logger.warning("%s; it is made again", error)
            return False
        if proven:
            self._record(resource, size_on_disk(resource.path))
        return proven

    def _verify(self, resource: StoredResource, destination: Path) -> None:
        if not destination.exists():
            raise DataDirectoryError(
                f"the resource {resource.name!r} made nothing",
                where=self.graph.definition.location,
                expected=f"{type(resource).__qualname__}._download to make {destination.name}",
            )
        try:
            resource.verify(destination)
        except VerificationError as error:
            rejected = destination.with_name(f"{destination.name}.rejected")
            remove(rejected)
            destination.replace(rejected)
            error.hint = f"it is set aside in {rejected}"
            raise

    def _record(self, resource: StoredResource, size: int) -> None:
        record = Record(
            resource.fingerprint,
            str(resource.relative_path),
            size,
            tuple(self.fetcher.downloads),
        )
        self.state.complete(resource.name, record)

    def _drop_unneeded(self) -> None:
        """Remove the transient resources that nothing needs any more.

        They are renamed away first: a folder that is removed by half must not be taken
        for whole by a later run that needs it again.
        """
        for resource in self.graph.unneeded(self.state):
            discarded = self.graph.folder / WORK / f"{resource.name}.unneeded"
            with usable(self.graph.folder):
                discarded.parent.mkdir(parents=True, exist_ok=True)
                remove(discarded)
                if resource.path.exists():
                    resource.path.replace(discarded)
                self.state.forget(resource.name)
                remove(discarded)
