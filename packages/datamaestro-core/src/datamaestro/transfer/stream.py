"""A transfer as a stream, for those who read while the bytes arrive."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import closing
from typing import Any

from datamaestro.errors import VerificationError
from datamaestro.transfer.pages import TELLING, refuse_page
from datamaestro.transfer.transfer import Transfer

__all__ = ["TransferStream", "watched"]


def watched(transfer: Transfer) -> Generator[bytes]:
    """Give the chunks of a transfer, unless its beginning shows that they aren't data."""
    beginning = b""
    # Closed before an error is seen: the partial file is removed then.
    with closing(iter(transfer)) as chunks:
        try:
            while len(beginning) < TELLING and (chunk := next(chunks, b"")):
                beginning += chunk
        except VerificationError:  # of its size, which tells less than a page
            refuse_page(transfer.source, transfer.url, beginning, transfer.media_type)
            raise
        if not transfer.source.digests:
            refuse_page(transfer.source, transfer.url, beginning, transfer.media_type)
        yield beginning
        yield from chunks


class TransferStream(io.RawIOBase):
    """A transfer as a raw stream that is read once, forward.

    Its reader may close it, as wrappers of streams do; the transfer can still go on.

    :ivar chunks: what is still to come, to be closed in any case
    """

    def __init__(self, transfer: Transfer) -> None:
        self.transfer = transfer
        self.chunks = watched(transfer)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self.chunks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
