"""One transfer: from a URL into a partial file that can be continued.

It goes on only if the server still has the content that the note about the partial file
tells of. Otherwise it starts over, so that bytes of two versions are never joined.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.disk.refusals import usable
from datamaestro.download.source import Source
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError, VerificationError
from datamaestro.transfer.background import BackgroundWorker
from datamaestro.transfer.cancelling import Cancellation, Cancelled
from datamaestro.transfer.connections import Connections
from datamaestro.transfer.digests import Digests
from datamaestro.transfer.pages import TELLING, refuse_page
from datamaestro.transfer.rate_monitor import RateMonitor, opened
from datamaestro.transfer.target import (
    Content,
    Resumable,
    StartOver,
    TransferTarget,
    write_all,
)
from datamaestro.urls import masked

if TYPE_CHECKING:
    from datamaestro.progress import Progress

__all__ = ["ATTEMPTS", "Transfer", "TransferContext", "Transferred"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a transfer is tried that makes no progress."""

FIRST_WAIT = 0.5
"""Seconds before the second attempt; it doubles with each, and varies by half."""

LONGEST_WAIT = 60.0
"""Seconds that are waited at the most, whatever a server asks for."""

FIRST_LOOK = 0.5
"""Seconds after which it is known how fast one connection is."""

WORTH_SPLITTING = 2.0
"""Seconds that the rest must take by one connection, for several to be worth it."""

MOSTLY_WAITING = 0.7
"""The part of the time that is spent waiting when it's the connection that is slow."""


class TransferContext(NamedTuple):
    """What a transfer has at hand.

    :param progress: what is told how far it is
    :param connections: how many connections there may be to each host
    :param cancelled: set when nobody waits for the transfer any more
    """

    progress: Progress
    connections: Connections
    cancelled: Cancellation


class Transferred(NamedTuple):
    """What came.

    :param url: where it came from
    :param size: the number of bytes
    :param digests: their digests by algorithm; always with ``sha256``
    :param validator: what identified them at the server, if known
    """

    url: str
    size: int
    digests: dict[str, str]
    validator: str | None


class Transfer:
    """The content of one URL, chunk by chunk, as it arrives.

    Iterating gives every chunk once, in order: first those of an earlier, interrupted
    transfer, then new ones, which are written to the partial file meanwhile. All are on
    disk by the time the iteration ends, however it ends. What may work when it is tried again
    is tried again.

    :param attempts: how often it is tried before any byte has come
    :param may_split: whether several connections may be used
    :ivar media_type: what the server calls the content, once it has told
    :ivar size: the number of bytes of all, once the server has told, if it does
    :ivar continues: whether it went on from what another run had left
    :ivar result: what came, once the iteration has ended
    """

    def __init__(
        self,
        transport: Transport,
        url: str,
        source: Source,
        target: TransferTarget,
        shared: TransferContext,
        attempts: int,
        may_split: bool,
    ) -> None:
        self.transport = transport
        self.url = url
        self.source = source
        self.target = target
        self.media_type: str | None = None
        self.size = source.size
        self.continues = False
        self.result: Transferred | None = None
        self._shared = shared
        self._attempts = attempts
        self._position = 0
        self._validator: str | None = None
        self._may_split = may_split

    def __iter__(self) -> Generator[bytes]:
        """Give the chunks.

        :raises TransportError: if the content can't be had; what came stays
        :raises VerificationError: if it has another size than declared
        :raises StartOver: if it changed after some of it was given
        :raises DataDirectoryError: if it can't be written
        """
        label = self.source.filename or masked(self.url)
        with (
            Digests({"sha256", *self.source.digests}) as digests,
            self._shared.progress.task(label, self.source.size) as task,
        ):
            for chunk in self._chunks():
                if self._position == 0 and self.size is not None:
                    task.expect(self.size)
                self._position += len(chunk)
                self._refuse_excess()
                task.update(len(chunk))
                digests.put(chunk)
                yield chunk
            self.source.check_size(self.url, self._position)
            self.result = Transferred(self.url, self._position, digests.result(), self._validator)

    def _refuse_excess(self) -> None:
        """Fetch no more of what is larger than declared: it may never end."""
        if self.source.size is not None and self._position > self.source.size:
            self.source.check_size(self.url, self._position)

    def _chunks(self) -> Iterator[bytes]:
        kept = self.target.resumable()
        self._validator = kept.validator
        failures = 0
        while True:
            before = self._position
            try:
                yield from self._attempt(kept)
            except TransportError as error:
                self._shared.cancelled.check()
                failures = 1 if self._position > before else failures + 1
                self._shared.connections.note_failure(self.url, error)
                if not error.retry or failures >= self._most_attempts(kept):
                    if error.unreachable and failures == ATTEMPTS:
                        self._shared.connections.give_up(self.url)
                    raise
                wait = _wait(failures, error.retry_after)
                logger.warning("%s; trying again in %.1f s", error, wait)
                if self._shared.cancelled.wait(wait):
                    raise Cancelled from error
                kept = self.target.resumable()
                if kept.length < self._position:
                    raise StartOver(f"{masked(self.url)} can't be continued") from error
            else:
                return

    def _most_attempts(self, kept: Resumable) -> int:
        if self._shared.connections.is_given_up(self.url):
            return 1  # or each of thousands of files would be waited for as long
        return ATTEMPTS if self._position or kept.length else self._attempts

    def _attempt(self, kept: Resumable) -> Iterator[bytes]:
        """Give what is in the partial file beyond what was given, and then what comes.

        :param kept: what of the partial file may be used
        """
        length = kept.length
        request = TransportRequest(self.url, length, self._validator if length else None)
        with opened(self.transport, request, self._shared.cancelled) as response:
            self._shared.connections.note_answer(self.url)
            self.media_type = response.media_type
            self.size = response.size
            self._check_size(response)
            goes_on = response.start == length > 0
            if (self._position > 0 and not goes_on) or (goes_on and _sizes_differ(kept, response)):
                raise StartOver(f"{masked(self.url)} changed while it was read")
            if self._position == 0:
                self.continues = goes_on
            if not goes_on:
                length = 0
                with usable(self.target.folder):
                    self.target.begin(response)
            self._validator = response.validator
            if response.size is not None:
                self.target.check_room(response.size - length)
            # Unbuffered: what a full disk refuses must not be tried again when it is closed.
            with self.target.open() as file:
                file.seek(self._position)
                while chunk := file.read(min(CHUNK_SIZE, length - self._position)):
                    yield chunk
                with BackgroundWorker(partial(self._write, file)) as written:
                    for chunk in self._incoming(response):
                        written.put(chunk)
                        yield chunk
            if response.size is not None and self._position != response.size:
                raise TransportError(
                    "the transfer ended early",
                    where=self.url,
                    expected=f"{response.size} bytes",
                    found=f"{self._position} bytes",
                    retry=True,
                )

    def _check_size(self, response: Response) -> None:
        """Check the size that a server states; if it sends a page, that tells why.

        :raises VerificationError: if it isn't the declared one
        """
        try:
            self.source.check_size(self.url, response.size)
        except VerificationError:
            monitor, beginning = RateMonitor(self.url), b""
            while len(beginning) < TELLING and (chunk := monitor.read(response, TELLING)):
                beginning += chunk
            refuse_page(self.source, self.url, beginning, response.media_type)
            raise

    def _write(self, file: Content, chunk: bytes) -> None:
        with usable(self.target.folder):
            write_all(file, chunk)

    def _incoming(self, response: Response) -> Iterator[bytes]:
        """Give what comes, from several connections once one has shown to be slow."""
        monitor = RateMonitor(self.url)
        for chunk in self._read(response, monitor):
            yield chunk
            if self._worth_splitting(response, monitor):
                break
        else:
            return
        assert response.size is not None, "only a content of known size is split"
        from datamaestro.transfer.ranges import Ranges  # few transfers take that long

        response.close()
        request = TransportRequest(self.url, self._position, response.validator)
        with Ranges(
            self.transport, request, response.size, self._shared.connections, monitor.rate
        ) as ranges:
            self._may_split = False
            for chunk in self._read(ranges, RateMonitor(self.url)):
                self._may_split = ranges.faster  # then it's worth it again if they break off
                yield chunk

    def _read(self, response: Response, monitor: RateMonitor) -> Iterator[bytes]:
        cancelled = self._shared.cancelled
        with cancelled.aborts(response.abort):
            while chunk := monitor.read(response, CHUNK_SIZE):
                yield chunk
                cancelled.check()
            cancelled.check()  # one that was aborted may look as if it had ended

    def _worth_splitting(self, response: Response, monitor: RateMonitor) -> bool:
        """Tell whether further connections may help, and take one if they do.

        They may when the server gives ranges of what stays the same, and it's the
        connection that this transfer waits for, not the disk or the reader.
        """
        if not (self._may_split and response.ranges and response.validator and response.size):
            return False
        left = response.size - self._position
        return (
            monitor.elapsed > FIRST_LOOK
            and monitor.waited > MOSTLY_WAITING * monitor.elapsed
            and left > WORTH_SPLITTING * monitor.rate
            and self._shared.connections.take_free(self.url)
        )


def _sizes_differ(kept: Resumable, response: Response) -> bool:
    """Tell whether a server has another content, though it says that it is the same."""
    return None not in (kept.size, response.size) and kept.size != response.size


def _wait(failures: int, retry_after: float | None) -> float:
    wait = FIRST_WAIT * 2 ** (failures - 1) * random.uniform(0.5, 1.5)
    return float(min(LONGEST_WAIT, max(wait, retry_after or 0.0)))
