"""Which downloads stay in the cache because other datasets need them too.

What several datasets are made from is fetched once: as long as one of them isn't
complete, the download that they share stays. They are those that are prepared in one
go, since one refers to another, and those that are declared in one module.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.modules import declared_in
from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.hooks import in_use
from datamaestro.preparation.places import graph_of_stored
from datamaestro.preparation.references import key_of, with_referred
from datamaestro.preparation.state import State

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["SharedDownloads"]

logger = logging.getLogger(__name__)


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
            return any(other.needs(source.url) for other in self._others)

    @cached_property
    def _others(self) -> list[_Other]:
        return [_Other(definition, self._graph.context) for definition in self._candidates()]

    def _candidates(self) -> Iterator[DatasetDefinition]:
        own = self._graph.definition
        module = sys.modules.get(own.target.__module__)
        declared = [] if module is None else declared_in(module)
        for item in (*in_use(), *declared):
            is_family = item.variants is not None and not item.variant  # which has no data itself
            if not is_family and key_of(item) != key_of(own):
                yield item


class _Other:
    """Another dataset, which may need the same downloads.

    What it misses is found out again only when its state file has changed: a module may have
    many datasets, and each many resources. Its values aren't asked whether they are ready:
    that may depend on services, or on the very dataset that is being made.
    """

    def __init__(self, definition: DatasetDefinition, context: Context) -> None:
        self._definition = definition
        self._context = context
        self._missed: set[str] | None = None

    def needs(self, url: str) -> bool:
        """Tell whether it isn't complete, and what it misses is made from a URL."""
        try:
            return url in self._used and url in self._missed_now()
        except Exception:  # what is wrong with it is told to whoever asks for it
            logger.debug("%s counts for no download", self._definition.id, exc_info=True)
            self._used = set()
            return False

    @cached_property
    def _used(self) -> set[str]:
        self._definition.validate()
        return _urls(self._definition.ordered_resources())

    @cached_property
    def _graph(self) -> Graph:
        with_referred(self._definition, self._context)  # which raises if it can't ever be made
        return graph_of_stored(self._definition, self._context)

    @cached_property
    def _state(self) -> State:
        return State.load(self._graph.folder)

    def _missed_now(self) -> set[str]:
        if self._state.refresh() or self._missed is None:
            self._missed = _urls(self._graph.missing_stored(self._state))
        return self._missed


def _urls(resources: Iterable[Resource]) -> set[str]:
    return {source.url for resource in resources for source in resource.sources}
