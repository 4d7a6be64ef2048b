"""The loop that makes a dataset's resources, and records each once it is in place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource, StoredResource, ValueResource
from datamaestro.errors import (
    DataDirectoryError,
    DatamaestroError,
    DownloadError,
    OfflineError,
    VerificationError,
)
from datamaestro.files import remove, usable
from datamaestro.preparation.crew import Crew, Ended
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph, dataset_folder
from datamaestro.preparation.locks import locked
from datamaestro.preparation.making import WORK, fetcher_of, make
from datamaestro.preparation.schedule import Schedule
from datamaestro.preparation.state import Record, State
from datamaestro.preparation.value import build_value

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["build", "missing_resources", "run"]

LOCK = ".state.lock"

GOES_ON = (VerificationError, DownloadError, OfflineError)
"""Failures of one resource after which the others are made all the same."""

_under_way: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_under_way", default=())


def run(definition: DatasetDefinition, context: Context) -> Any:
    """Make all that is missing, and give the dataset's value.

    When nothing is missing, no lock is taken and nothing is written.

    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    crew: Crew[Resource, Record] = Crew()
    graph = _bind(definition, context, crew.cancelled)
    with _once(definition):
        state = State.load(graph.folder)
        if graph.missing(state):
            with locked(graph.folder / LOCK, definition.id), crew:
                _Loop(graph, crew).run()
        elif graph.unneeded(state):
            # Left by a run that was interrupted at its end. Removing it is a courtesy,
            # which someone who may only read can't do.
            with suppress(DataDirectoryError), locked(graph.folder / LOCK, definition.id):
                _Loop(graph, crew).run()
        return build_value(graph)


def build(definition: DatasetDefinition, context: Context) -> Any:
    """Give the dataset's value, whether its data are there or not."""
    graph = _bind(definition, context)
    with _once(definition):
        return build_value(graph)


def missing_resources(definition: DatasetDefinition, context: Context) -> list[str]:
    """Give the names of the resources that have to be made; changes nothing."""
    graph = _bind(definition, context)
    with _once(definition):
        return [resource.name for resource in graph.missing(State.load(graph.folder))]


def _bind(
    definition: DatasetDefinition, context: Context, cancelled: threading.Event | None = None
) -> Graph:
    folder = dataset_folder(definition, context)

    def fetcher(resource: Resource) -> CacheFetcher:
        return CacheFetcher(context, folder / WORK / "inputs" / resource.name, cancelled)

    return Graph.bind(definition, context, folder, fetcher)


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
    """One run, by the process that holds the dataset's lock.

    Resources that fetch are made beside one another, as many as their hosts grant;
    those that don't are made here, in turn. What is complete is recorded here, too.
    """

    def __init__(self, graph: Graph, crew: Crew[Resource, Record]) -> None:
        self.graph = graph
        self.crew = crew
        # Read now that the lock is held: another process may have finished meanwhile.
        self.state = State.load(graph.folder)
        self.schedule = Schedule(graph.missing(self.state))
        self.failures: list[DatamaestroError] = []

    def run(self) -> None:
        with self._progress():
            while self._step():
                pass
        if self.failures:
            raise _together(self.graph.definition.id, self.failures)
        self._drop_unneeded()
        with usable(self.graph.folder):
            remove(self.graph.folder / WORK)

    def _progress(self) -> AbstractContextManager[object]:
        sizes = self.schedule.sizes
        total = None if None in sizes else sum(filter(None, sizes))
        return self.graph.context.progress.all(self.graph.definition.id, len(sizes), total)

    def _step(self) -> bool:
        """Begin what can begin, and see one thing through; tell whether there was any."""
        while (fetched := self.schedule.next_to_fetch(self._take_connection)) is not None:
            self.crew.start(fetched, partial(self._fetch, fetched))
        if (resource := self.schedule.next_here()) is not None:
            self._finish([self._made_here(resource)])
        elif self.crew.busy:
            self._finish(self.crew.collect())
        else:
            return False  # all is complete, or depends on something that failed
        return True

    def _take_connection(self, url: str) -> bool:
        connections = self.graph.context.connections
        if self.crew.busy:
            return connections.take_free(url)
        connections.take(url)
        return True

    def _fetch(self, resource: StoredResource) -> Record:
        try:
            return make(resource)
        finally:
            self.graph.context.connections.give_back(resource.sources[0].url)

    def _made_here(self, resource: Resource) -> Ended[Resource, Record]:
        try:
            if isinstance(resource, StoredResource):
                return Ended(resource, make(resource))
            assert isinstance(resource, ValueResource), "a resource is stored, or a value"
            resource.make()
        except GOES_ON as error:
            return Ended(resource, error=error)
        return Ended(resource)

    def _finish(self, ended: list[Ended[Resource, Record]]) -> None:
        """Record what is complete, all of it at once; others go on when a fetch failed."""
        made = {item.key.name: item.result for item in ended if item.result is not None}
        if made:
            self.state.complete(made)
        for item in ended:
            if item.error is None:
                self.schedule.finish(item.key)
                fetcher_of(item.key).release(self.schedule.needs)
            elif isinstance(item.error, GOES_ON):
                self.failures.append(item.error)
            else:
                raise item.error
        self._drop_unneeded()

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


def _together(dataset_id: str, failures: list[DatamaestroError]) -> DatamaestroError:
    """Make one error of all failures of a run; wrong bytes are the worst news."""
    if len(failures) == 1:
        return failures[0]
    kind = next(kind for kind in GOES_ON if any(isinstance(item, kind) for item in failures))
    return kind(
        f"{len(failures)} resources can't be had",
        where=dataset_id,
        found=" | ".join(map(str, failures)),
    )
