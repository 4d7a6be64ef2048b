"""Hashing beside the transfer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from datamaestro.transfer.background import BackgroundWorker

__all__ = ["Digests"]


class Digests(BackgroundWorker):
    """Computes digests in the order of the chunks that are put there.

    :param algorithms: names that :func:`hashlib.new` knows
    """

    def __init__(self, algorithms: Iterable[str]) -> None:
        super().__init__(self._hash)
        self._hashers = {name: hashlib.new(name) for name in algorithms}

    def result(self) -> dict[str, str]:
        """Wait for all chunks, and give the digests in hexadecimal by algorithm."""
        self.finish()
        return {name: hasher.hexdigest() for name, hasher in self._hashers.items()}

    def _hash(self, chunk: bytes) -> None:
        for hasher in self._hashers.values():
            hasher.update(chunk)
