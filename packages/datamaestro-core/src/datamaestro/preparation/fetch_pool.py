"""Fetches beside one another: as many as their hosts grant, and as are of use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Self

from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.preparation.making import Made
from datamaestro.preparation.schedule import Schedule
from datamaestro.transfer.cancelling import Cancellation
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.worker_threads import Ended, Job, WorkerThreads

__all__ = ["FetchPool"]

SPACING = 0.003
"""Seconds between the beginnings of fetches that are under way together.

What takes no longer than that waits for the interpreter and not for the network, and several
threads get no more of the interpreter than one does: 200 files of 100 kB from loopback took
four threads 1.3 times as long. A host that takes some 12 ms to answer is asked by four all
the same.
"""

INTERVAL = 0.1
"""Seconds that the caller waits at the most where nothing can begin."""


class FetchPool:
    """Makes the resources that fetch, in threads that leaving the block cancels.

    :param schedule: gives the next one
    :param connections: what each host grants
    :param make: makes one, in whichever thread
    :param cancelled: set when nobody waits for them any more
    """

    def __init__(
        self,
        schedule: Schedule,
        connections: Connections,
        make: Callable[[StoredResource], Made],
        cancelled: Cancellation,
    ) -> None:
        self._schedule = schedule
        self._connections = connections
        self._make = make
        self._workers: WorkerThreads[Resource, Made] = WorkerThreads(cancelled, self._next)
        self._lock = threading.Lock()
        self._under_way = 0
        self._begun = 0.0
        self._more = False

    def __enter__(self) -> Self:
        self._workers.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._workers.__exit__(*error)

    @property
    def busy(self) -> bool:
        """Whether a fetch is under way, or has ended and wasn't collected."""
        return self._workers.busy

    def begin(self) -> None:
        """Begin a fetch, if one can begin, and it's time."""
        job = self._next()
        self._more = job is not None or self._is_soon()
        if job is not None:
            self._workers.start(*job)

    def collect(self) -> list[Ended[Resource, Made]]:
        """Give the fetches that have ended; wait until there may be some, or another may begin."""
        return self._workers.collect(SPACING if self._more else INTERVAL)

    def _next(self) -> Job[Resource, Made] | None:
        """Give a fetch that can begin now, with a connection taken for it; any thread may ask.

        While none is under way, one may always begin.
        """
        with self._lock:
            if self._under_way and self._is_soon():
                return None
            take = self._connections.take_free if self._under_way else self._connections.take
            found = self._schedule.next_to_fetch(take)
            if found is None:
                return None
            self._under_way += 1
            self._begun = time.monotonic()
        resource, url = found
        return resource, partial(self._do, resource, url)

    def _is_soon(self) -> bool:
        return time.monotonic() - self._begun < SPACING

    def _do(self, resource: StoredResource, url: str) -> Made:
        try:
            return self._make(resource)
        finally:
            with self._lock:
                self._connections.give_back(url)
                self._under_way -= 1
