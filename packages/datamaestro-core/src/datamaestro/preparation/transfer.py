"""One transfer: from a URL into a partial file that can be continued.

It goes on only where the note about the partial file and the server agree; otherwise
it starts over, so that bytes of two versions are never joined.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import FileIO
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import DatamaestroError, TransportError
from datamaestro.files import check_space, usable
from datamaestro.preparation.digests import Digests
from datamaestro.preparation.partial import Partial, StartOver
from datamaestro.utils import CHUNK_SIZE

if TYPE_CHECKING:
    from datamaestro.progress import Progress

__all__ = ["Transfer", "Transferred"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a transfer is tried that makes no progress."""

FIRST_WAIT = 0.5
"""Seconds before the second attempt; it doubles with each, and varies by half."""

LONGEST_WAIT = 60.0
"""Seconds that are waited at the most, whatever a server asks for."""


@dataclass(frozen=True)
class Transferred:
    """What came.

    :param url: where it came from
    :param size: the number of bytes
    :param digests: their digests by algorithm; always with ``sha256``
    :param validator: what identified them at the server, if it told
    """

    url: str
    size: int
    digests: dict[str, str]
    validator: str | None


class Transfer:
    """The content of one URL, chunk by chunk, as it arrives.

    Iterating gives every chunk once, in order: first those of an earlier, interrupted
    transfer, then new ones, which are in the partial file before they are given. What
    may work when it is tried again is tried again.

    :ivar result: what came, once the iteration has ended
    """

    def __init__(
        self,
        transport: Transport,
        url: str,
        source: Source,
        partial: Partial,
        progress: Progress,
    ) -> None:
        self.transport = transport
        self.url = url
        self.source = source
        self.partial = partial
        self.result: Transferred | None = None
        self._progress = progress
        self._position = 0
        self._validator: str | None = None

    def __iter__(self) -> Generator[bytes]:
        """Give the chunks.

        :raises TransportError: if the content can't be had; what came stays
        :raises VerificationError: if it has another size than declared
        :raises StartOver: if it changed after some of it was given
        :raises DataDirectoryError: if it can't be written
        """
        label = self.source.filename or self.url
        with (
            Digests({"sha256", *self.source.digests}) as digests,
            self._progress.task(label, self.source.size) as task,
        ):
            for chunk in self._chunks():
                self._position += len(chunk)
                task.update(len(chunk))
                digests.update(chunk)
                yield chunk
            self.source.check_size(self.url, self._position)
            self.result = Transferred(self.url, self._position, digests.result(), self._validator)

    def _chunks(self) -> Iterator[bytes]:
        length, self._validator = self.partial.resumable(self.url)
        failures = 0
        while True:
            before = self._position
            try:
                yield from self._attempt(length)
            except TransportError as error:
                failures = 1 if self._position > before else failures + 1
                if not error.retry or failures >= ATTEMPTS:
                    raise
                wait = _wait(failures, error.retry_after)
                logger.warning("%s; trying again in %.1f s", error, wait)
                time.sleep(wait)
                length, _ = self.partial.resumable(self.url)
                if length < self._position:
                    raise StartOver(f"{self.url} can't be continued") from error
            else:
                return

    def _attempt(self, length: int) -> Iterator[bytes]:
        """Give what is in the partial file beyond what was given, and then what comes.

        :param length: how many bytes of the partial file may be used
        """
        request = TransportRequest(self.url, length, self._validator if length else None)
        with self.transport.open(request) as response:
            self.source.check_size(self.url, response.size)
            if response.start != length or length == 0:
                if self._position > 0:
                    self.partial.remove()
                    raise StartOver(f"{self.url} changed while it was read")
                length = 0
                with usable(self.partial.path.parent):
                    self.partial.begin(self.url, response)
            self._validator = response.validator
            if response.size is not None:
                check_space(self.partial.path.parent, response.size - length, "to download")
            # Unbuffered: what a full disk refuses must not be tried again when it is closed.
            with self.partial.open() as file:
                file.seek(self._position)
                while chunk := file.read(min(CHUNK_SIZE, length - self._position)):
                    yield chunk
                while chunk := _read(response, self.url):
                    with usable(self.partial.path.parent):
                        _write(file, chunk)
                    yield chunk
            if response.size is not None and self._position != response.size:
                raise TransportError(
                    "the transfer ended early",
                    where=self.url,
                    expected=f"{response.size} bytes",
                    found=f"{self._position} bytes",
                    retry=True,
                )


def _read(response: Response, url: str) -> bytes:
    """Read a chunk; whatever a transport lets through is a transfer that broke off."""
    try:
        return response.read(CHUNK_SIZE)
    except DatamaestroError:
        raise
    except OSError as error:
        raise TransportError(f"the transfer broke off: {error}", where=url, retry=True) from error


def _write(file: FileIO, chunk: bytes) -> None:
    """Write all of a chunk; one call may write less."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _wait(failures: int, retry_after: float | None) -> float:
    wait = FIRST_WAIT * 2 ** (failures - 1) * random.uniform(0.5, 1.5)
    return float(min(LONGEST_WAIT, max(wait, retry_after or 0.0)))
