"""What can be done with a dataset: make it ready, make it again, look what is missing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import ValueResource
from datamaestro.errors import DataDirectoryError
from datamaestro.files import discard, usable
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.locks import locked
from datamaestro.preparation.loop import Loop
from datamaestro.preparation.places import LOCK, WORK, graph_at_site, graph_of_context
from datamaestro.preparation.replacement import replace_all, staged
from datamaestro.preparation.state import State
from datamaestro.preparation.value import build_value

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["build", "missing_resources", "prepared_folder", "run", "run_again"]

logger = logging.getLogger(__name__)

_under_way: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_under_way", default=())


def run(definition: DatasetDefinition, context: Context) -> Any:
    """Make all that is missing, and give the dataset's value.

    When nothing is missing, no lock is taken and nothing is written.

    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    with _once(definition):
        graph = graph_at_site(definition, context)
        if graph is not None:
            _make_values(graph)
            return build_value(graph)
        graph = graph_of_context(definition, context)
        state = State.load(graph.folder)
        if graph.missing(state):
            with locked(graph.folder / LOCK, definition.id):
                Loop(graph).run()
        elif (graph.folder / WORK).exists() or graph.unneeded(state):
            # Left by a run that was interrupted at its end, or of one that isn't over.
            # Removing it is a courtesy, which someone who may only read can't do.
            lock = locked(graph.folder / LOCK, definition.id, wait=False)
            with suppress(DataDirectoryError, BlockingIOError), lock:
                Loop(graph).run()
        return build_value(graph)


def run_again(definition: DatasetDefinition, context: Context) -> Any:
    """Make everything anew, put it in the place of what is there, and give the value.

    What is there stays until all that replaces it is whole and verified.

    :raises DatamaestroError: as :func:`run`; what was there is still there then
    """
    graph = graph_of_context(definition, context)
    with _once(definition):
        with locked(graph.folder / LOCK, definition.id):
            new = staged(graph)
            try:
                Loop(new).run()
                with usable(graph.folder):
                    replace_all(graph, new)
            finally:
                with suppress(OSError):
                    discard(new.folder)
                    new.folder.parent.rmdir()
        at_site = graph_at_site(definition, context)
        if at_site is not None:
            logger.warning(
                "%s is new in %s, and still used from %s, which is searched first",
                definition.id,
                graph.folder,
                at_site.folder,
            )
        return build_value(graph)


def build(definition: DatasetDefinition, context: Context) -> Any:
    """Give the dataset's value, whether its data are there or not."""
    with _once(definition):
        return build_value(_graph(definition, context))


def missing_resources(definition: DatasetDefinition, context: Context) -> list[str]:
    """Give the names of the resources that have to be made; changes nothing."""
    with _once(definition):
        graph = _graph(definition, context)
        return [resource.name for resource in graph.missing(State.load(graph.folder))]


def prepared_folder(definition: DatasetDefinition, context: Context) -> Path:
    """Give the folder that the dataset is used from, or will be."""
    with _once(definition):
        return _graph(definition, context).folder


def _graph(definition: DatasetDefinition, context: Context) -> Graph:
    return graph_at_site(definition, context) or graph_of_context(definition, context)


def _make_values(graph: Graph) -> None:
    """Make what is missing of a dataset whose files are at a site: it needs no place there."""
    for resource in graph.missing(State.load(graph.folder)):
        if isinstance(resource, ValueResource):
            resource.make()


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
