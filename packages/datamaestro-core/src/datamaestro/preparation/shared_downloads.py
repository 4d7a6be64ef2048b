"""Which downloads stay in the cache because other datasets need them too.

What several datasets are made from is fetched once: as long as one of them isn't
complete, the download that they share stays. They are those that are prepared in one
go, since one refers to another, and those that are declared in one module.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.modules import declared_in
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.errors import DatamaestroError
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.hooks import in_use, key_of
from datamaestro.preparation.places import graph_of
from datamaestro.preparation.state import State

__all__ = ["SharedDownloads"]


class SharedDownloads:
    """Tells whether other datasets need what one downloads; any thread may ask.

    :param graph: that of the one
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._lock = threading.Lock()

    def others_need(self, source: Source) -> bool:
        """Tell whether another isn't complete, and what it misses is made from a source."""
        with self._lock:
            return any(
                source.url in urls and self._misses(definition, source.url)
                for definition, urls in self._urls
            )

    @cached_property
    def _urls(self) -> list[tuple[DatasetDefinition, set[str]]]:
        found = []
        for definition in self._candidates():
            try:
                definition.validate()
                found.append((definition, _urls(definition.ordered_resources())))
            except DatamaestroError:
                continue  # what is wrong with it is told to who asks for it
        return found

    def _candidates(self) -> Iterator[DatasetDefinition]:
        own = self._graph.definition
        module = sys.modules.get(own.target.__module__)
        declared = [] if module is None else declared_in(module)
        for item in (*in_use(), *declared):
            is_family = item.variants is not None and not item.variant  # which has no data itself
            if not is_family and key_of(item) != key_of(own):
                yield item

    def _misses(self, definition: DatasetDefinition, url: str) -> bool:
        try:
            graph = graph_of(definition, self._graph.context)
            return url in _urls(graph.missing(State.load(graph.folder)))
        except DatamaestroError:
            return False


def _urls(resources: Iterable[Resource]) -> set[str]:
    return {source.url for resource in resources for source in resource.sources}
