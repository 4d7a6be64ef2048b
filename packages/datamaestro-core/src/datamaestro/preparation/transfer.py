"""One transfer: from a URL into a partial file that can be continued.

The partial file has a note beside it: its URL, what identified the content at
the server, and the size. A transfer goes on only where the note and the
server agree; otherwise it starts over, so that bytes of two versions are never
joined.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError, VerificationError
from datamaestro.files import remove, usable, write_atomically
from datamaestro.utils import CHUNK_SIZE

if TYPE_CHECKING:
    from datamaestro.progress import Task

__all__ = ["Partial", "Transferred", "transfer"]

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
        """Remove both."""
        remove(self.path)
        remove(self.note_path)


def transfer(
    transport: Transport, url: str, source: Source, partial: Partial, task: Task
) -> Transferred:
    """Bring what `url` gives into the partial file, trying again where that may help.

    :raises TransportError: if it can't be had; what came stays, to be continued
    :raises VerificationError: if it has another size than declared
    """
    attempt = 0
    while True:
        before, _ = partial.resumable(url)
        try:
            return _attempt(transport, url, source, partial, task)
        except TransportError as error:
            progressed = partial.resumable(url)[0] > before
            attempt = 1 if progressed else attempt + 1
            if not error.retry or attempt >= ATTEMPTS:
                raise
            wait = _wait(attempt, error.retry_after)
            logger.warning("%s; trying again in %.1f s", error, wait)
            time.sleep(wait)


def _wait(attempt: int, retry_after: float | None) -> float:
    wait = FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
    return float(min(LONGEST_WAIT, max(wait, retry_after or 0.0)))


def _attempt(
    transport: Transport, url: str, source: Source, partial: Partial, task: Task
) -> Transferred:
    start, validator = partial.resumable(url)
    with transport.open(TransportRequest(url, start, validator)) as response:
        _check_size(url, source.size, response.size)
        received = _Received({"sha256", *source.digests}, task)
        try:
            with usable(partial.path.parent):
                if response.start != start or start == 0:
                    partial.remove()
                    partial.describe(url, response)
                with partial.path.open("a+b") as file:
                    file.seek(0)
                    while chunk := file.read(CHUNK_SIZE):
                        received.add(chunk)
                    while chunk := response.read(CHUNK_SIZE):
                        file.write(chunk)
                        received.add(chunk)
            if response.size is not None and received.size != response.size:
                raise TransportError(
                    "the transfer ended early",
                    where=url,
                    expected=f"{response.size} bytes",
                    found=f"{received.size} bytes",
                    retry=True,
                )
            _check_size(url, source.size, received.size)
        except BaseException:
            received.take_back()
            raise
    return Transferred(url, received.size, received.digests(), response.validator)


class _Received:
    """Counts and hashes what one attempt has, old and new; takes the count back if it fails."""

    def __init__(self, algorithms: set[str], task: Task) -> None:
        self._hashers = {name: hashlib.new(name) for name in algorithms}
        self._task = task
        self.size = 0

    def add(self, chunk: bytes) -> None:
        self.size += len(chunk)
        for hasher in self._hashers.values():
            hasher.update(chunk)
        self._task.update(len(chunk))

    def take_back(self) -> None:
        self._task.update(-self.size)

    def digests(self) -> dict[str, str]:
        return {name: hasher.hexdigest() for name, hasher in self._hashers.items()}


def _check_size(url: str, declared: int | None, found: int | None) -> None:
    if declared is not None and found is not None and declared != found:
        raise VerificationError(
            "wrong size", where=url, expected=f"{declared} bytes", found=f"{found} bytes"
        )
