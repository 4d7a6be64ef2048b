"""Where the data of a dataset are: in a directory of the site, or in the context's own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.identifiers import relative_path
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.namespace import namespace_of
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import STATE

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "LOCK",
    "dataset_folder",
    "graph_at_site",
    "graph_below_site",
    "graph_of",
    "graph_of_context",
    "graph_of_stored",
    "relative_folder",
]

logger = logging.getLogger(__name__)

LOCK = ".state.lock"


def relative_folder(definition: DatasetDefinition, context: Context) -> PurePosixPath:
    """Give the folder of a dataset in the folder of all data, below its namespace.

    A variant has a folder of its own below that of the dataset.
    """
    namespace = definition.namespace or namespace_of(definition, context)
    return namespace / relative_path(definition.id)


def dataset_folder(definition: DatasetDefinition, context: Context) -> Path:
    """Give the folder of a dataset in the context's own data directory, be it there or not."""
    return context.datapath / relative_folder(definition, context)


def graph_of(definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()) -> Graph:
    """Bind the resources of a dataset where it is used from, or will be.

    :param parts: the parts of its value that are wanted; all if there are none
    """
    relative = relative_folder(definition, context)
    at_site = graph_below_site(definition, relative, context, parts)
    return at_site or _graph_in(context.datapath / relative, definition, context, parts)


def graph_of_stored(definition: DatasetDefinition, context: Context) -> Graph:
    """Bind the resources of a dataset where its files are, or will be, and ask no value."""
    relative = relative_folder(definition, context)
    at_site = graph_below_site(definition, relative, context, missing=Graph.missing_stored)
    return at_site or _graph_in(context.datapath / relative, definition, context)


def graph_of_context(
    definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()
) -> Graph:
    """Bind the resources of a dataset in the context's own data directory."""
    return _graph_in(dataset_folder(definition, context), definition, context, parts)


def _graph_in(
    folder: Path, definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()
) -> Graph:
    return _narrowed(Graph.bind(definition, context, folder, Workspace(context, folder)), parts)


def graph_at_site(
    definition: DatasetDefinition, context: Context, parts: Sequence[str] = ()
) -> Graph | None:
    """Bind the resources of a dataset in the first site directory that has all that are wanted."""
    return graph_below_site(definition, relative_folder(definition, context), context, parts)


def graph_below_site(
    definition: DatasetDefinition,
    relative: PurePosixPath,
    context: Context,
    parts: Sequence[str] = (),
    missing: Callable[[Graph, State], list[Resource]] = Graph.missing,
) -> Graph | None:
    """Do what :func:`graph_at_site` does, for a folder below that of all data.

    What the state file there doesn't record as complete doesn't count. It would have to be
    verified each time, since the result can't be recorded there.

    :param missing: gives the resources of a graph that have to be made, by its state
    """
    for directory in context.site_directories:
        folder = directory / "data" / relative
        if not os.access(folder / STATE, os.R_OK):
            continue
        # What fetches needs a place to write, whatever is read from elsewhere.
        own = context.datapath / relative
        graph = _narrowed(Graph.bind(definition, context, folder, Workspace(context, own)), parts)
        if _is_whole(graph, missing):
            return graph
        logger.debug("%s isn't complete, as its state file says: it is left out", folder)
    return None


def _narrowed(graph: Graph, parts: Sequence[str]) -> Graph:
    if not parts:
        return graph
    from datamaestro.preparation.needs import needed_by

    return graph.narrowed(needed_by(parts, graph.definition, graph.context))


def _is_whole(graph: Graph, missing: Callable[[Graph, State], list[Resource]]) -> bool:
    """Tell whether all that is stored, and wanted, is complete and can be read."""
    state = State.load(graph.folder)
    recorded = [item for item in graph.stored if state.at(item.relative_path) is not None]
    return (
        bool(recorded)
        and not any(isinstance(item, StoredResource) for item in missing(graph, state))
        and all(os.access(item.path, os.R_OK) for item in recorded)
    )
