"""A transfer as a stream, for those who read while the bytes arrive."""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import Any

from datamaestro.preparation.content import refuse_page
from datamaestro.preparation.transfer import Transfer

__all__ = ["Arriving", "watched"]

TELLING = 4096
"""How many bytes tell whether they aren't data; a slow server may send them one by one."""


def watched(transfer: Transfer) -> Generator[bytes]:
    """Give the chunks of a transfer, unless its beginning shows that they aren't data."""
    chunks = iter(transfer)
    beginning = b""
    while len(beginning) < TELLING and (chunk := next(chunks, b"")):
        beginning += chunk
    refuse_page(transfer.source, transfer.url, beginning)
    yield beginning
    yield from chunks


class Arriving(io.RawIOBase):
    """A transfer as a raw stream that is read once, forward."""

    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer
        self._chunks = watched(transfer)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        self._chunks.close()
        super().close()
