"""What can be done with a dataset: make it ready, make it again, look what is missing.

What changes data (`datamaestro.preparation.changes`) is imported when something has to be
changed: that takes a fifth of the time in which a whole process finds that nothing has to.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.latest import looking_once
from datamaestro.download.resource import ValueResource
from datamaestro.download.stored import StoredResource
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.hooks import before_download, before_use
from datamaestro.preparation.places import graph_at_site, graph_of, graph_of_context
from datamaestro.preparation.questions import answered
from datamaestro.preparation.references import key_of, refuse_endless
from datamaestro.preparation.state import State
from datamaestro.preparation.use import note_use
from datamaestro.preparation.value import build_value, make_value
from datamaestro.state_files import Record

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
    "stored_paths",
    "unneeded_resources",
]

logger = logging.getLogger(__name__)

_under_way: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_under_way", default=())


def run(definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()) -> Any:
    """Make all that is missing, and give the dataset's value.

    What the user has to agree to comes first. When nothing is missing, no lock is taken
    and nothing is written.

    :param parts: the parts of the value that have to be ready; all if there are none
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    with before_use(definition, context) as used, _once(definition):
        return _run(graph_of(definition, context, parts), used)


def run_graph(graph: Graph) -> Any:
    """Make all that is missing of bound resources, and give the value; see :func:`run`."""
    with before_use(graph.definition, graph.context) as used, _once(graph.definition):
        return _run(graph, used)


def _run(graph: Graph, used: Iterable[DatasetDefinition]) -> Any:
    value = _made(graph)
    _note_use(graph)
    # The value may have come from others that were complete, and so weren't prepared.
    for definition in used:
        if definition is not graph.definition:
            _note_use(graph_of(definition, graph.context))
    return value


def _note_use(graph: Graph) -> None:
    if not graph.is_at_site:
        note_use(graph.folder)


def _made(graph: Graph) -> Any:
    """Make what is missing, and give the value."""
    if graph.is_at_site:
        _make_values(graph)
        return build_value(graph)
    state = State.load(graph.folder)
    if graph.missing(state):
        from datamaestro.preparation.changes import make_missing

        before_download(graph.definition, graph.context)
        graph = make_missing(graph)
    elif graph.workspace.was_interrupted() or graph.unneeded(state):
        from datamaestro.preparation.changes import tidy

        tidy(graph)
    return build_value(graph)


def run_again(definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()) -> Any:
    """Make everything anew, put it in the place of what is there, and give the value.

    What is there stays until all that replaces it is whole and verified.

    :param parts: the parts of the value that are made anew; all if there are none
    :raises DatamaestroError: as :func:`run`; what was there is still there then
    """
    from datamaestro.preparation.changes import make_again

    with before_use(definition, context), _once(definition):
        before_download(definition, context)
        graph = graph_of_context(definition, context, parts)
        make_again(graph)
        at_site = graph_at_site(definition, context)
        if at_site is not None:
            logger.warning(
                "%s was made again in %s, but is used from %s, which is searched first",
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

    def found_out() -> list[str]:
        graph = graph_of(definition, context, parts)
        return [resource.name for resource in graph.missing(State.load(graph.folder))]

    with _once(definition):
        return list(answered((key_of(definition), context, tuple(parts)), found_out))


def prepared_folder(definition: DatasetDefinition, context: Context) -> Path:
    """Give the folder that the dataset is used from, or will be."""
    with _once(definition):
        return graph_of(definition, context).folder


def _make_values(graph: Graph) -> None:
    """Make what is missing of a dataset whose files are at a site: it needs no place there."""
    for resource in graph.missing(State.load(graph.folder)):
        if isinstance(resource, ValueResource):
            make_value(resource)


def remake(definition: DatasetDefinition, context: Context, paths: Collection[str]) -> None:
    """Make the resources anew that belong in some places, whatever lies there.

    That stays, and stays recorded, until what replaces it is whole and verified.

    :param paths: those places, relative to the dataset's folder
    :raises DatamaestroError: as :func:`run`; nothing has changed then
    """
    from datamaestro.preparation.changes import make_named_again

    with before_use(definition, context), _once(definition):
        before_download(definition, context)
        graph = graph_of_context(definition, context)
        make_named_again(graph, [item.name for item in graph.stored if _path(item) in paths])


def stored_paths(definition: DatasetDefinition, context: Context) -> set[str]:
    """Give where the resources of a definition belong, relative to the dataset's folder."""
    return set(map(_path, graph_of_context(definition, context).stored))


def proves(definition: DatasetDefinition, context: Context, record: Record) -> bool:
    """Tell whether what lies in place is certainly what a record tells of.

    A definition knows nothing of what another version of it has made.

    :raises VerificationError: if it certainly isn't
    """
    for resource in graph_of_context(definition, context).stored:
        if (_path(resource), resource.fingerprint) == (record.path, record.fingerprint):
            with noting(definition, f"verifying the resource {resource.name!r}"):
                return resource.proves(resource.path)
    return False


def _path(resource: StoredResource) -> str:
    return str(resource.relative_path)


def unneeded_resources(definition: DatasetDefinition, context: Context) -> list[StoredResource]:
    """Give the transient resources that are still there, though nothing needs them."""
    graph = graph_of_context(definition, context)
    return graph.unneeded(State.load(graph.folder))


def drop_unneeded(definition: DatasetDefinition, context: Context) -> None:
    """Remove the transient resources that nothing needs.

    :raises BlockingIOError: if another process is busy with the dataset
    """
    from datamaestro.preparation.changes import drop

    drop(graph_of_context(definition, context))


@contextmanager
def _once(definition: DatasetDefinition) -> Iterator[None]:
    """Work on a dataset with the settings as they are now; refuse one that is being worked on.

    :raises DefinitionError: if it refers to itself, through others or not
    """
    path = _under_way.get()
    refuse_endless(definition, path)
    token = _under_way.set((*path, definition))
    try:
        with looking_once():
            yield
    finally:
        _under_way.reset(token)
