"""What can be done with a dataset: make it ready, make it again, look what is missing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import ValueResource
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DataDirectoryError
from datamaestro.files import discard, usable
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.hooks import before_download, before_use
from datamaestro.preparation.locks import locked
from datamaestro.preparation.loop import Disturbed, Loop
from datamaestro.preparation.places import LOCK, graph_at_site, graph_of, graph_of_context
from datamaestro.preparation.replacement import fresh_workshop, replace_all, staged
from datamaestro.preparation.state import State
from datamaestro.preparation.use import note_use
from datamaestro.preparation.value import build_value

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "build",
    "drop_unneeded",
    "missing_resources",
    "prepared_folder",
    "proves",
    "remake",
    "run",
    "run_again",
    "run_graph",
    "unneeded_resources",
]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a preparation is begun that another process disturbs."""

_under_way: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_under_way", default=())


def run(definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()) -> Any:
    """Make all that is missing, and give the dataset's value.

    What the user has to agree to comes first. When nothing is missing, no lock is taken
    and nothing is written.

    :param parts: the parts of the value that have to be ready; all if there are none
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    with before_use(definition, context), _once(definition):
        return _run(graph_of(definition, context, parts))


def run_graph(graph: Graph) -> Any:
    """Make all that is missing of bound resources, and give the value; see :func:`run`."""
    with before_use(graph.definition, graph.context), _once(graph.definition):
        return _run(graph)


def _run(graph: Graph) -> Any:
    if graph.is_at_site:
        _make_values(graph)
        return build_value(graph)
    state = State.load(graph.folder)
    if graph.missing(state):
        before_download(graph.definition, graph.context)
        graph = _made(graph)
    elif graph.workshop.was_interrupted() or graph.unneeded(state):
        # Left by a run that was interrupted at its end, or of one that isn't over.
        # Removing it is a courtesy, which someone who may only read can't do.
        lock = locked(graph.folder / LOCK, graph.definition.id, wait=False)
        with suppress(DataDirectoryError, BlockingIOError, Disturbed), lock:
            Loop(graph).run()
    value = build_value(graph)
    note_use(graph.folder)
    return value


def _made(graph: Graph) -> Graph:
    """Make all that is missing, and give the graph that it was made with.

    Where locks fail, processes may get into each other's way; none does for ever.
    """
    for _ in range(ATTEMPTS):
        try:
            with locked(graph.folder / LOCK, graph.definition.id):
                Loop(graph).run()
        except Disturbed as error:
            logger.debug("Another process is at work in %s", graph.folder, exc_info=True)
            disturbance = error
            graph = graph.bound_again(graph.folder, graph.workshop.another())
        else:
            return graph
    assert disturbance.__cause__ is not None, "a disturbance has a cause"
    raise disturbance.__cause__


def run_again(definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()) -> Any:
    """Make everything anew, put it in the place of what is there, and give the value.

    What is there stays until all that replaces it is whole and verified.

    :param parts: the parts of the value that are made anew; all if there are none
    :raises DatamaestroError: as :func:`run`; what was there is still there then
    """
    with before_use(definition, context), _once(definition):
        before_download(definition, context)
        graph = graph_of_context(definition, context, parts)
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
    with before_use(definition, context), _once(definition):
        return build_value(graph_of(definition, context))


def missing_resources(
    definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()
) -> list[str]:
    """Give the names of the resources that have to be made; changes nothing."""
    with _once(definition):
        graph = graph_of(definition, context, parts)
        return [resource.name for resource in graph.missing(State.load(graph.folder))]


def prepared_folder(definition: DatasetDefinition, context: Context) -> Path:
    """Give the folder that the dataset is used from, or will be."""
    with _once(definition):
        return graph_of(definition, context).folder


def _make_values(graph: Graph) -> None:
    """Make what is missing of a dataset whose files are at a site: it needs no place there."""
    for resource in graph.missing(State.load(graph.folder)):
        if isinstance(resource, ValueResource):
            resource.make()


def remake(definition: DatasetDefinition, context: Context, names: Collection[str]) -> None:
    """Make some resources anew, whatever lies in their places.

    That stays, and stays recorded, until what replaces it is whole and verified.

    :raises DatamaestroError: as :func:`run`; nothing has changed then
    """
    graph = graph_of_context(definition, context)
    # The cache may have the same wrong bytes: files have several names where they can.
    graph = graph.bound_again(graph.folder, fresh_workshop(context, graph.folder))
    with _once(definition), locked(graph.folder / LOCK, definition.id):
        Loop(graph, names).run()


def proves(definition: DatasetDefinition, context: Context, name: str) -> bool:
    """Tell whether what lies in place is certainly the resource of that name.

    :raises VerificationError: if it certainly isn't
    """
    for resource in graph_of_context(definition, context).resources:
        if resource.name == name and isinstance(resource, StoredResource):
            return resource.proves(resource.path)
    return False


def unneeded_resources(definition: DatasetDefinition, context: Context) -> list[StoredResource]:
    """Give the transient resources that are still there, though nothing needs them."""
    graph = graph_of_context(definition, context)
    return graph.unneeded(State.load(graph.folder))


def drop_unneeded(definition: DatasetDefinition, context: Context) -> None:
    """Remove the transient resources that nothing needs.

    :raises BlockingIOError: if another process is busy with the dataset
    """
    graph = graph_of_context(definition, context)
    with locked(graph.folder / LOCK, definition.id, wait=False):
        Loop(graph).drop_unneeded()


@contextmanager
def _once(definition: DatasetDefinition) -> Iterator[None]:
    """Refuse datasets that refer to themselves, through others or not."""
    path = _under_way.get()
    if any((item.id, item.target) == (definition.id, definition.target) for item in path):
        circle = " → ".join(item.id for item in (*path, definition))
        raise definition.error(f"datasets refer to one another in a circle: {circle}")
    token = _under_way.set((*path, definition))
    try:
        yield
    finally:
        _under_way.reset(token)
