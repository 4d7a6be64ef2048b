"""Putting what was made in its place, and recording it: only beside what it fits."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from datamaestro.disk.files import move_into_place, remove
from datamaestro.disk.flushing import flush_folder
from datamaestro.disk.refusals import usable
from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.preparation.graph import Graph, is_complete
from datamaestro.preparation.making import Made
from datamaestro.preparation.outdated import New, outdated, tell_differences
from datamaestro.preparation.state import State
from datamaestro.state_files import Record

__all__ = ["Placing"]


class Placing:
    """Puts resources of one run in their places, and records them.

    :param graph: all of the dataset's
    :param state: where they are recorded
    :param is_under_way: tells whether one has begun to be made, and isn't recorded yet
    """

    def __init__(
        self,
        graph: Graph,
        state: State,
        is_under_way: Callable[[Resource], bool],
    ) -> None:
        self._graph = graph
        self._state = state
        self._is_under_way = is_under_way
        self._outdated: set[str] = set()

    def put(self, made: Collection[tuple[StoredResource, Made]]) -> list[StoredResource]:
        """Put resources in their places, and record them once they certainly are there.

        :return: what was complete, or is recorded now, and has to be made anew: it was made from
            other bytes than the rest, and no longer counts
        """
        again = self._of_other_bytes(made)
        names = {resource.name for resource in again}
        replaced = [
            resource
            for resource, result in made
            if result.path != resource.path and not is_complete(resource, self._state)
        ]
        # Before anything new is in place, since this may be interrupted after any step.
        self._state.give_up({str(resource.relative_path) for resource in (*replaced, *again)})
        records, folders = {}, set()
        for resource, result in made:
            record = self._placed(resource, result)
            given_up = resource.name in names
            records[resource.name] = replace(record, fingerprint="") if given_up else record
            folders.add(resource.path.parent)
        for folder in folders:
            flush_folder(folder)
        if records:
            self._state.complete(records)
        return again

    def _of_other_bytes(
        self, made: Collection[tuple[StoredResource, Made]]
    ) -> list[StoredResource]:
        """Give what doesn't belong with what was made; note what is under way and won't."""
        new = [New(resource, result.downloads, result.sha256) for resource, result in made]
        tell_differences(self._state, [item for each in new for item in each.downloads])
        ended = {resource.name for resource, _ in made}
        others = outdated(self._graph, self._state, new)
        self._outdated.update(item.name for item in others if self._is_under_way(item))
        again = [
            item
            for item in self._graph.stored
            if (item.name in ended and item.name in self._outdated)
            or (item in others and is_complete(item, self._state))
        ]
        self._outdated -= ended
        return again

    def _placed(self, resource: StoredResource, made: Made) -> Record:
        """Put a resource in its place, and tell what to record."""
        recorded = self._state.at(resource.relative_path)
        if recorded is not None and is_complete(resource, self._state):
            if made.path != resource.path:
                remove(made.path)  # others may use what is in place already
            return recorded
        record = self._recorded(resource, made)
        if made.path != resource.path:
            with usable(self._graph.folder):
                move_into_place(made.path, resource.path)
        return record

    def _recorded(self, resource: StoredResource, made: Made) -> Record:
        """Tell what to record of a resource.

        :raises DefinitionError: if its handler tells what can't be recorded
        """
        path = str(resource.relative_path)
        try:
            return Record(resource.fingerprint, path, made.size, made.sha256, made.downloads)
        except ValueError as error:
            raise self._graph.definition.error(
                f"{type(resource).__qualname__} tells something impossible about {resource.name!r}",
                found=error,
            ) from error
