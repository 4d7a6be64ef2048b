"""Asking for sources: one URL after the other, until one gives the bytes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.download.transport import Transport, TransportRequest
from datamaestro.errors import (
    DataFormatError,
    DatamaestroError,
    DownloadError,
    OfflineError,
    TransportError,
    VerificationError,
)
from datamaestro.transfer.candidates import archived, urls_to_ask
from datamaestro.transfer.connections import host_of
from datamaestro.transfer.rate_monitor import RateMonitor, opened
from datamaestro.transfer.target import NextUrl, StartOver, TransferTarget
from datamaestro.transfer.transfer import ATTEMPTS, Transfer, TransferContext
from datamaestro.transfer.url_queue import QueuedUrl, UrlQueue
from datamaestro.transfer.wrong_bytes import may_be_of_bytes
from datamaestro.urls import masked

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Failover"]

logger = logging.getLogger(__name__)


class Failover:
    """Begins the transfers of one resource, each from the next URL of its source.

    :param context: what tells the site's mirrors
    :param shared: what all its transfers use
    :param transport: gives what opens a URL; it may refuse to
    """

    def __init__(
        self, context: Context, shared: TransferContext, transport: Callable[[str], Transport]
    ) -> None:
        self._context = context
        self._shared = shared
        self._transport = transport
        self._queues: dict[Source, UrlQueue] = {}
        self._restarts: dict[str, int] = {}
        self._first_host: str | None = None

    def transfer(self, source: Source, target_of: Callable[[str], TransferTarget]) -> Transfer:
        """Make the transfer from the next URL of its source.

        :param target_of: gives what the content of a URL is written to
        :raises DatamaestroError: if all have failed; it tells why each did
        """
        queued, transport = self._next(source)
        logger.info("Downloading %s", masked(queued.url))
        target = target_of(queued.url)
        restarted = queued.url in self._restarts
        if not restarted:
            # Otherwise another process may be at work, which should keep what it has.
            target.take_over()
        # What had to start over may be another content for each connection.
        return Transfer(
            transport,
            queued.url,
            source,
            target,
            self._shared,
            queued.attempts,
            may_split=not restarted,
        )

    @contextmanager
    def failures_noted(self, source: Source, transfer: Transfer) -> Iterator[None]:
        """Note what goes wrong with a transfer's URL, and order to go on with the next.

        An error of the stream's reader counts too: wrong bytes may have caused it.

        :raises NextUrl: if another URL may give the bytes
        :raises DatamaestroError: if none is left
        """
        url, queue = transfer.url, self._queues[source]
        try:
            with self._counted(url):
                yield
        except StartOver as error:
            self._begin_again(transfer, error)
            raise NextUrl from error
        except NextUrl:
            raise  # of another source, which is read at the same time
        except Exception as error:
            if transfer.continues and may_be_of_bytes(error):
                # A loss of power, or a bad disk, may have changed that.
                order = StartOver(f"{error}; what an earlier run left of it may be wrong")
                self._begin_again(transfer, order)
                raise NextUrl from error
            if not isinstance(error, DownloadError | VerificationError | DataFormatError):
                raise
            if not isinstance(error, DownloadError):
                transfer.target.remove()
            _pass_on(queue, error)
            if queue.next is None:
                raise queue.summary() from error
            raise NextUrl from error

    def _begin_again(self, transfer: Transfer, order: StartOver) -> None:
        """Let the same URL be read from its beginning, if that isn't too often."""
        transfer.target.remove()
        self._restarts[transfer.url] = self._restarts.get(transfer.url, 0) + 1
        if self._restarts[transfer.url] < ATTEMPTS:
            logger.warning("%s; it is read from its beginning", order)
        else:
            _pass_on(self._queues[transfer.source], _reason(order))

    def passes_on(self, source: Source, error: Exception) -> bool:
        """Tell whether another URL of a source is left to ask; if so, it's the next one.

        :param error: what turned out to be wrong with the bytes that the present one gave
        """
        queue = self._queues[source]
        if queue.next is None or queue.is_last:
            return False
        if not isinstance(error, DatamaestroError):
            what = f"{type(error).__name__}: {error}"
            error = DataFormatError(what, where=masked(queue.next.url))
        _pass_on(queue, error)
        return True

    @contextmanager
    def _counted(self, url: str) -> Iterator[None]:
        """Count the connection to a URL, unless the resource has one to that host already."""
        connections = self._shared.connections
        if host_of(url) == self._first_host:
            yield
            return
        connections.take(url)
        try:
            yield
        finally:
            connections.give_back(url)

    def tail(self, source: Source, count: int) -> bytes | None:
        """Give the last `count` bytes of what `source` serves, or None.

        There are none when the source doesn't state its size, or no URL gives them.
        """
        if source.size is None or source.size < count:
            return None
        start = source.size - count
        for url in self._urls(source):
            try:
                tail = self._rest(TransportRequest(url, start), source.size)
            except TransportError as error:
                self._shared.connections.note_failure(url, error)
            except DatamaestroError:
                pass
            else:
                if len(tail) == count:
                    return tail
        return None

    def _rest(self, request: TransportRequest, size: int) -> bytes:
        """Give what comes of a content of that size from a request's start on."""
        monitor, rest = RateMonitor(request.url), b""
        with opened(self._transport(request.url), request) as response:
            if (response.start, response.size) == (request.start, size):
                while (left := size - request.start - len(rest)) and (
                    chunk := monitor.read(response, left)
                ):
                    rest += chunk
        return rest

    def _urls(self, source: Source) -> list[str]:
        """Give what to ask, in order; hosts that can't be reached come last."""
        return sorted(
            urls_to_ask(source, self._context), key=self._shared.connections.is_unreachable
        )

    def _queue_of(self, source: Source) -> UrlQueue:
        if source not in self._queues:
            if self._first_host is None:
                # A connection to it was taken when the resource was chosen to be made.
                self._first_host = host_of(urls_to_ask(source, self._context)[0])
            archive = self._context.wayback
            last_resorts = [] if archive is None else archived(source, archive)
            self._queues[source] = UrlQueue(source, self._urls(source), last_resorts)
        return self._queues[source]

    def _next(self, source: Source) -> tuple[QueuedUrl, Transport]:
        queue = self._queue_of(source)
        while (queued := queue.next) is not None:
            try:
                return queued, self._transport(queued.url)
            except OfflineError as error:  # as for all URLs then, except copies on disk
                queue.failed(error)
            except TransportError as error:
                _pass_on(queue, error)
        raise queue.summary()


def _pass_on(queue: UrlQueue, error: DatamaestroError) -> None:
    """Note why a URL gave nothing, and warn of it; the last one's failure becomes an error."""
    queue.failed(error)
    if queue.next is not None:
        logger.warning("%s", error)


def _reason(order: StartOver) -> TransportError:
    """Make the error about a content that came to no end, however often it was begun."""
    if isinstance(order.__cause__, TransportError):
        return order.__cause__
    return TransportError(f"{order}, {ATTEMPTS} times")
