"""One transfer: from a URL into a partial file that can be continued.

The partial file has a note beside it: its URL, what identified the content at
the server, and the size. A transfer goes on only where the note and the
server agree; otherwise it starts over, so that bytes of two versions are never
joined.
"""

from __future__ import annotations

import json
import logging
import random
import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import (
    DataDirectoryError,
    DatamaestroError,
    TransportError,
)
from datamaestro.files import remove, usable, write_atomically
from datamaestro.preparation.digests import Digests
from datamaestro.utils import CHUNK_SIZE

if TYPE_CHECKING:
    from datamaestro.progress import Progress

__all__ = ["Partial", "StartOver", "Transfer", "Transferred"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a transfer is tried that makes no progress."""

FIRST_WAIT = 0.5
"""Seconds before the second attempt; it doubles with each, and varies by half."""

LONGEST_WAIT = 60.0
"""Seconds that are waited at the most, whatever a server asks for."""


@dataclass(frozen=True)
class _Note:
    url: str
    validator: str | None
    size: int | None


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


class StartOver(Exception):  # noqa: N818  (it is no error, but an order)
    """The content changed after some of it had been given: all of it has to be read anew."""


class Partial:
    """A partial file, and the note about it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note_path = path.with_suffix(".json")

    def resumable(self, url: str) -> tuple[int, str | None]:
        """Give how many bytes of `url`'s content are there, and what identified it."""
        with suppress(OSError, ValueError, TypeError):
            note = _Note(**json.loads(self.note_path.read_text(encoding="utf-8")))
            size = self.path.stat().st_size
            if note.url == url and note.validator and (note.size is None or size <= note.size):
                return size, note.validator
        return 0, None

    def describe(self, url: str, response: Response) -> None:
        """Note what is about to be written, durably before any of its bytes."""
        note = _Note(url, response.validator, response.size)
        write_atomically(self.note_path, json.dumps(asdict(note)) + "\n")

    def remove(self) -> None:
        """Remove both; the note stays as long as there are rejected bytes that it is about."""
        remove(self.path)
        if not self.path.with_suffix(".rejected").exists():
            remove(self.note_path)


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
                    self.partial.remove()
                    self.partial.describe(self.url, response)
            self._validator = response.validator
            self._check_space(response, length)
            with self.partial.path.open("a+b") as file:
                file.seek(self._position)
                while self._position < length and (chunk := file.read(CHUNK_SIZE)):
                    yield chunk
                while chunk := _read(response, self.url):
                    with usable(self.partial.path.parent):
                        file.write(chunk)
                        file.flush()
                    yield chunk
            if response.size is not None and self._position != response.size:
                raise TransportError(
                    "the transfer ended early",
                    where=self.url,
                    expected=f"{response.size} bytes",
                    found=f"{self._position} bytes",
                    retry=True,
                )

    def _check_space(self, response: Response, have: int) -> None:
        if response.size is None:
            return
        free = shutil.disk_usage(self.partial.path.parent).free
        if free < response.size - have:
            raise DataDirectoryError(
                "not enough space to download",
                where=self.partial.path.parent,
                expected=f"{response.size - have:,} bytes free",
                found=f"{free:,}",
                hint="free some space, then run it again: it goes on where it stopped",
            )


def _read(response: Response, url: str) -> bytes:
    """Read a chunk; whatever a transport lets through is a transfer that broke off."""
    try:
        return response.read(CHUNK_SIZE)
    except DatamaestroError:
        raise
    except OSError as error:
        raise TransportError(f"the transfer broke off: {error}", where=url, retry=True) from error


def _wait(failures: int, retry_after: float | None) -> float:
    wait = FIRST_WAIT * 2 ** (failures - 1) * random.uniform(0.5, 1.5)
    return float(min(LONGEST_WAIT, max(wait, retry_after or 0.0)))
