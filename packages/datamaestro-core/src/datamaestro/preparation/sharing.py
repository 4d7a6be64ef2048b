"""Which downloads stay in the cache because something else needs them too.

What several datasets are made from is fetched once: as long as one of them isn't
complete, the download that they share stays. They are those that are prepared in one
go, since one refers to another, and those that are declared in one module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.errors import DatamaestroError
from datamaestro.preparation.graph import Graph, dataset_folder
from datamaestro.preparation.hooks import with_referred
from datamaestro.preparation.state import State
from datamaestro.repository import declared_in

__all__ = ["still_wanted"]


def still_wanted(source: Source, graph: Graph, root: DatasetDefinition) -> bool:
    """Tell whether a download is needed once more.

    :param graph: that of the dataset which has used it
    :param root: the dataset that the user asked for, which may be another one
    """
    return any(_misses(item, source, graph) for item in _candidates(graph, root))


def _misses(definition: DatasetDefinition, source: Source, graph: Graph) -> bool:
    """Tell whether a dataset isn't complete, and what it misses is made from a download."""
    try:
        definition.validate()
        if source.url not in _urls(definition.ordered_resources()):
            return False
        folder = dataset_folder(definition, graph.context)
        other = Graph.bind(definition, graph.context, folder, graph.fetcher)
        return source.url in _urls(other.missing(State.load(folder)))
    except DatamaestroError:
        # What is wrong with another dataset is told to who asks for that one.
        return False


def _candidates(graph: Graph, root: DatasetDefinition) -> Iterator[DatasetDefinition]:
    """Give the datasets that may share a download: the dataset itself is the first of them."""
    yield graph.definition
    yield from with_referred(root, graph.context)
    module = sys.modules.get(graph.definition.target.__module__)
    if module is not None:
        yield from declared_in(module)


def _urls(resources: Iterable[Resource]) -> set[str]:
    return {source.url for resource in resources for source in resource.sources}
