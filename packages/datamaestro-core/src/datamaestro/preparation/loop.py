"""The loop that makes a dataset's resources, puts them in their places, and records them.

Each is made below ``.downloads``, verified, flushed to disk, renamed into place, and
recorded as complete. In no other order: whatever happens between any two of these, the
next run finds either the whole or something to discard.

Every run works in a folder of its own, and reads the state file again before it puts
something in place. So where locks fail, and runs don't know of one another, the same work
is done twice, and nothing worse happens.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager

from datamaestro.disk.files import discarding, remove
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder
from datamaestro.download.resource import Resource, ValueResource
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DataDirectoryError, DatamaestroError, VerificationError
from datamaestro.preparation.disturbance import Disturbed, is_loss
from datamaestro.preparation.entries import sweep
from datamaestro.preparation.failures import GOES_ON, together
from datamaestro.preparation.fetch_pool import FetchPool
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.making import Made, make
from datamaestro.preparation.overlaps import refuse_overlaps
from datamaestro.preparation.placing import Placing
from datamaestro.preparation.schedule import Schedule
from datamaestro.preparation.shared_downloads import SharedDownloads
from datamaestro.preparation.space import check_room
from datamaestro.preparation.state import State
from datamaestro.preparation.value import make_value
from datamaestro.transfer.candidates import urls_to_ask
from datamaestro.transfer.worker_threads import Ended

__all__ = ["Loop"]

logger = logging.getLogger(__name__)

INTERVAL = 0.1
"""Seconds between two records of what is complete; a run that is killed redoes no more."""

INTERVAL_PER_RESOURCE = 0.0001
"""The same for each resource, where there are thousands: each record looks at all of them."""

TIMES = 3
"""How often a resource may be made anew because others came from other bytes."""


class Loop:
    """One run, by the process that holds the dataset's lock.

    Resources that fetch are made beside one another, as many as their hosts grant;
    those that don't are made here, in turn. All get their places here.

    :param anew: names of resources to make though they are complete
    """

    def __init__(self, graph: Graph, anew: Collection[str] = ()) -> None:
        self.graph = graph
        self.workspace = graph.workspace
        # Read now that the lock is held: another process may have finished meanwhile.
        self.state = State.load(graph.folder, self.workspace.folder)
        self.state.dataset = graph.definition.id
        self.state.anew.update(anew)
        self._before = {record.path: record for record in self.state.records.values()}
        self._missing = graph.missing(self.state)
        self.schedule = Schedule(self._missing, self._first_url)
        self._places = Placing(graph, self.state, self.schedule.is_under_way)
        self.shared_downloads = SharedDownloads(graph)
        self.pool = FetchPool(
            self.schedule, graph.context.connections, self._fetched, self.workspace.cancelled
        )
        self.failures: list[DatamaestroError] = []
        self._uses = Counter(source.url for source in graph.sources)
        self._made_again: Counter[str] = Counter()
        self._ended: list[Ended[Resource, Made]] = []
        self._interval = max(INTERVAL, INTERVAL_PER_RESOURCE * len(graph.resources))
        self._recorded = 0.0

    def run(self) -> None:
        """Make all that is missing.

        :raises Disturbed: if it failed because another process was at work in the same place
        :raises DatamaestroError: if it failed otherwise
        """
        interrupted = self.workspace.was_interrupted()
        refuse_overlaps(self.graph, self._missing)
        check_room(self._missing, self.graph.folder, self.graph.context.cachepath)
        try:
            with self.pool, self._progress():
                while self._step():
                    pass
                # Raised here, where those who watch the progress are told that it failed.
                if self.failures:
                    raise together(self.graph.definition.id, self.failures)
                self.drop_unneeded()
                self._refuse_losses()
        except (OSError, DatamaestroError) as error:
            # Where locks fail, another process may have been faster, and be cleaning up.
            self.state.refresh()
            if self.graph.missing(self.state):
                self.workspace.tidy()
                context = self.graph.context
                ours = (self.graph.folder, context.datapath, context.cachepath)
                if isinstance(error, OSError) and (self.state.disturbed or is_loss(error, ours)):
                    raise Disturbed(error) from error
                raise
            logger.debug("Another process has completed %s", self.graph.folder, exc_info=True)
        except BaseException:
            self.workspace.tidy()
            raise
        self._remove_runs(interrupted)
        self.workspace.renew()  # the value may be made from what is fetched for it

    def clean_up(self) -> None:
        """Remove what nothing needs any more, and what interrupted runs left; make nothing.

        What they left stays if something is missing, which may go on from there.

        :raises DataDirectoryError: if something that nothing needs can't be removed
        """
        interrupted = self.workspace.was_interrupted()
        self.drop_unneeded()
        self.workspace.tidy()
        if not self._missing:
            self._remove_runs(interrupted)

    def _remove_runs(self, interrupted: bool) -> None:
        """Remove what all runs left of a dataset that is complete."""
        try:
            if interrupted:
                sweep(self.graph.context, self.graph.sources, self._is_needed)
            self.workspace.remove_all()
        except OSError:  # all is there; the next run tries to clean up again
            logger.debug("%s can't be cleaned up", self.graph.folder, exc_info=True)

    def _refuse_losses(self) -> None:
        """Begin again if another process, writing the state at the same moment, lost a record."""
        self.state.refresh()
        if self.state.disturbed and self.graph.missing(self.state):
            raise Disturbed(
                DataDirectoryError(
                    "another process changes it at the same time",
                    where=self.state.path,
                    hint="run it again when that one has ended",
                )
            )

    def _progress(self) -> AbstractContextManager[object]:
        sizes = self.schedule.sizes
        total = None if None in sizes else sum(filter(None, sizes))
        return self.graph.context.progress.all(self.graph.definition.id, len(sizes), total)

    def _step(self) -> bool:
        """Begin what can begin, and finish what has ended; tell whether there was anything."""
        self.pool.begin()
        if (resource := self.schedule.next_here()) is not None:
            self._ended.append(self._made_here(resource))
        elif self.pool.busy:
            self._ended += self.pool.collect()
        elif self._ended:
            self._finish()
        else:
            return False  # all is complete, or depends on something that failed
        if self._ended and time.monotonic() - self._recorded > self._interval:
            self._finish()
        return True

    def _fetched(self, resource: StoredResource) -> Made:
        """Make a resource that fetches; this is for threads of the pool."""
        self.workspace.fetcher(resource.name).light = self._is_light(resource)
        return self._made(resource)

    def _first_url(self, source: Source) -> str:
        return urls_to_ask(source, self.graph.context)[0]

    def _is_light(self, resource: StoredResource) -> bool:
        """Tell whether what a resource fetches is of no use to any other, or to a second try."""
        if len(resource.sources) != 1:
            return False
        (source,) = resource.sources
        # Should it come with other bytes, all that are made from it need it: complete ones too.
        return self._uses[source.url] == 1 and not self.shared_downloads.others_need(source)

    def _made(self, resource: StoredResource) -> Made:
        recorded = self._before.get(str(resource.relative_path))
        return make(resource, self.workspace, recorded, anew=resource.name in self.state.anew)

    def _made_here(self, resource: Resource) -> Ended[Resource, Made]:
        try:
            if isinstance(resource, StoredResource):
                return Ended(resource, self._made(resource))
            assert isinstance(resource, ValueResource), "a resource is stored, or a value"
            make_value(resource)
        except (OSError, DatamaestroError) as error:
            return Ended(resource, error=error)
        return Ended(resource)

    def _finish(self) -> None:
        """Record what is made, all of it at once; others go on when a fetch failed."""
        ended, self._ended = self._ended, []
        self.state.refresh()
        made = self._made_elsewhere(ended)
        done = [item for item in ended if item.error is None or id(item.key) in made]
        failed = [item for item in ended if item.error is not None and id(item.key) not in made]
        again = self._places.put(
            [
                (item.key, item.result)
                for item in done
                if isinstance(item.key, StoredResource) and item.result is not None
            ]
        )
        for item in done:
            self.state.anew.discard(item.key.name)
            self.schedule.finish(item.key)
        if again:
            self._plan_again(again)
        for item in done:
            self.workspace.fetcher(item.key.name).release(self._is_needed)
        for item in failed:
            if not isinstance(item.error, GOES_ON):
                assert item.error is not None, "what failed has an error"
                raise item.error
            self.failures.append(item.error)
        self.drop_unneeded()
        self._recorded = time.monotonic()

    def _plan_again(self, resources: Collection[StoredResource]) -> None:
        """Let resources be made anew, from what the others are made from.

        :raises VerificationError: if that comes to no end
        """
        self._made_again.update(item.name for item in resources)
        if max(self._made_again.values()) > TIMES:
            raise VerificationError(
                "its sources give other bytes each time",
                where=self.graph.definition.id,
                expected="the same for all that is made from one source",
                hint="'datamaestro prepare --force ID' makes all of it anew at once",
            )
        # Also where only other parts are wanted: it was there, and shall be there again.
        self.graph = self.graph.narrowed(self.graph.wanted | {item.name for item in resources})
        paths = {str(item.relative_path) for item in resources}
        self._before |= {path: record for path in paths if (record := self.state.at(path))}
        self.schedule.plan(self.graph.missing(self.state))

    def _is_needed(self, source: Source) -> bool:
        """Tell whether a download is needed once more, here or by another dataset."""
        return self.schedule.needs(source) or self.shared_downloads.others_need(source)

    def _made_elsewhere(self, ended: Collection[Ended[Resource, Made]]) -> set[int]:
        """Give the ``id()`` of what another process has made, and this one couldn't.

        It may also have removed what this one worked with, where locks fail.
        """
        failed = [item for item in ended if isinstance(item.error, OSError | DatamaestroError)]
        if not failed:
            return set()
        missing = set(map(id, self.graph.missing(self.state)))
        made = [item for item in failed if id(item.key) not in missing]
        for item in made:
            logger.debug("Another process has made %s", item.key.name, exc_info=item.error)
        return {id(item.key) for item in made}

    def drop_unneeded(self) -> None:
        """Remove the transient resources that nothing needs any more.

        They are renamed away first: a folder that is removed by half must not be taken
        for whole by a later run that needs it again.
        """
        for resource in self.graph.unneeded(self.state):
            aside = self.workspace.folder / f"{resource.name}.unneeded"
            with usable(self.graph.folder):
                make_folder(aside.parent)
                remove(aside)
                with discarding(resource.path, aside):
                    self.state.drop(resource.name, resource.relative_path)
