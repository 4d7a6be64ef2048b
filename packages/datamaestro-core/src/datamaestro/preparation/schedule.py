"""Which resource can be made next, and whether it needs a connection."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence

from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.transfer.connections import host_of

__all__ = ["Schedule"]


class Schedule:
    """The order of making resources: each after those it depends on.

    Whoever has done a fetch asks for the next one, in whichever thread; all else is for
    the one thread that sees to the order.

    :param resources: those that have to be made, dependencies first
    :param first_url: gives the URL that a source is asked for first, as that of a mirror
    :ivar sizes: the sizes of all files that are to be fetched, None where one isn't declared
    """

    def __init__(self, resources: Sequence[Resource], first_url: Callable[[Source], str]) -> None:
        sources = [source for item in resources for source in item.sources]
        known = {source.url: source.size for source in sources if source.size is not None}
        self.sizes = [known.get(url) for url in dict.fromkeys(item.url for item in sources)]
        self._unfinished: dict[int, Resource] = {}
        self._begun: set[int] = set()
        self._lock = threading.RLock()
        self._first_url = first_url
        self.plan(resources)

    def plan(self, resources: Sequence[Resource]) -> None:
        """Begin again with these; what is under way stays so, and what has failed isn't tried.

        :param resources: those that have to be made by now, dependencies first
        """
        with self._lock:
            planned = {id(resource): resource for resource in resources}
            begun = {key: self._unfinished[key] for key in self._begun}
            self._unfinished = begun | planned
            self._urls = Counter(
                source.url for item in self._unfinished.values() for source in item.sources
            )
            self._open: dict[int, int] = {}
            self._dependents: dict[int, list[Resource]] = defaultdict(list)
            self._here: deque[Resource] = deque()
            self._to_fetch: dict[str, deque[tuple[StoredResource, str]]] = defaultdict(deque)
            for resource in resources:
                if id(resource) not in begun:
                    self._wait(resource)

    def _wait(self, resource: Resource) -> None:
        """Let a resource wait for those that it depends on."""
        before = [item for item in resource.dependencies if id(item) in self._unfinished]
        self._open[id(resource)] = len(before)
        for item in before:
            self._dependents[id(item)].append(resource)
        if not before:
            self._add(resource)

    def is_under_way(self, resource: Resource) -> bool:
        """Tell whether a resource has begun to be made, and isn't complete."""
        with self._lock:
            return id(resource) in self._begun

    def next_to_fetch(
        self, take_connection: Callable[[str], bool]
    ) -> tuple[StoredResource, str] | None:
        """Give a resource that can be fetched, and the URL that a connection was taken for.

        :param take_connection: takes one for a URL, if it can, and tells whether it did
        """
        with self._lock:
            for queue in self._to_fetch.values():
                if queue and take_connection(queue[0][1]):
                    found = queue.popleft()
                    self._begun.add(id(found[0]))
                    return found
        return None

    def next_here(self) -> Resource | None:
        """Give a resource that can be made without fetching."""
        if not self._here:
            return None
        resource = self._here.popleft()
        with self._lock:
            self._begun.add(id(resource))
        return resource

    def needs(self, source: Source) -> bool:
        """Tell whether a resource that isn't complete yet is made from a source."""
        return self._urls[source.url] > 0

    def finish(self, resource: Resource) -> None:
        """Note that a resource is complete: what depends on it may be made next."""
        del self._unfinished[id(resource)]
        with self._lock:
            self._begun.discard(id(resource))
        self._urls.subtract(source.url for source in resource.sources)
        for dependent in self._dependents[id(resource)]:
            self._open[id(dependent)] -= 1
            if self._open[id(dependent)] == 0:
                self._add(dependent)

    def _add(self, resource: Resource) -> None:
        if isinstance(resource, StoredResource) and resource.sources:
            url = self._first_url(resource.sources[0])
            with self._lock:
                self._to_fetch[host_of(url)].append((resource, url))
        else:
            self._here.append(resource)
