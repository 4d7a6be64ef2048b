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
        hashers = {name: hashlib.new(name) for name in {"sha256", *source.digests}}
        counter = _Counter(task)
        try:
            with usable(partial.path.parent):
                if response.start != start or start == 0:
                    partial.remove()
                    partial.describe(url, response)
                with partial.path.open("a+b") as file:
                    file.seek(0)
                    for chunks in (file.read, response.read):
                        while chunk := chunks(CHUNK_SIZE):
                            if chunks is response.read:
                                file.write(chunk)
                            for hasher in hashers.values():
                                hasher.update(chunk)
                            counter.add(len(chunk))
            if response.size is not None and counter.total != response.size:
                raise TransportError(
                    "the transfer ended early",
                    where=url,
                    expected=f"{response.size} bytes",
                    found=f"{counter.total} bytes",
                    retry=True,
                )
            _check_size(url, source.size, counter.total)
        except BaseException:
            counter.take_back()
            raise
    digests = {name: hasher.hexdigest() for name, hasher in hashers.items()}
    return Transferred(url, counter.total, digests, response.validator)


class _Counter:
    """Counts the bytes of one attempt, and takes them back if it fails."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.total = 0

    def add(self, count: int) -> None:
        self.total += count
        self.task.update(count)

    def take_back(self) -> None:
        self.task.update(-self.total)


def _check_size(url: str, declared: int | None, found: int | None) -> None:
    if declared is not None and found is not None and declared != found:
        raise VerificationError(
            "wrong size", where=url, expected=f"{declared} bytes", found=f"{found} bytes"
        )
