"""Digests of finished files, known from how they were written.

The state file keeps the digest of each finished file, to verify it long after its download
is gone. A file that is stored as it was downloaded has the digest of the download. One that
is made from downloads is hashed while it is written, if it's written from its beginning to
its end. Any other is read again to be hashed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from datamaestro.disk.digests import CHUNK_SIZE, file_digests
from datamaestro.transfer.digests import Digests

__all__ = ["WrittenFiles"]


class WrittenFiles:
    """The SHA-256 of files that were just written, by their paths."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Identity, str]] = {}

    def note(self, path: Path, sha256: str) -> None:
        """Note the digest of a file as it is now."""
        self._known[path] = (_identity(path.stat()), sha256)

    @contextmanager
    def create(self, path: Path) -> Generator[BinaryIO]:
        """Open a new file, and note its digest when the block ends, if it was hashed as it is."""
        with Digests(["sha256"]) as digests:
            with _HashedFile(io.FileIO(path, "w"), digests) as file:
                yield file
            if file.hashed == path.stat().st_size:
                self.note(path, digests.result()["sha256"])

    def digest(self, path: Path, status: os.stat_result) -> str:
        """Give the digest of a file.

        :param status: what the system says of it now
        """
        identity, sha256 = self._known.pop(path, (None, ""))
        if identity == _identity(status):
            return sha256
        return file_digests(path, ["sha256"])["sha256"]


_Identity = tuple[int, int, int]


def _identity(status: os.stat_result) -> _Identity:
    """Give what changes when the content of a file does."""
    return status.st_ino, status.st_size, status.st_mtime_ns


class _HashedFile(io.BufferedWriter):
    """A file whose content is hashed in another thread while it is written.

    :ivar hashed: how many bytes were, in the order of the file; None once it has another
    """

    def __init__(self, raw: io.FileIO, digests: Digests) -> None:
        super().__init__(raw, CHUNK_SIZE)
        self.hashed: int | None = 0
        self._digests = digests

    def write(self, data: Any) -> int:
        if self.hashed is not None:
            # A copy only of what may change later; bytes stay themselves.
            chunk = bytes(data)
            self._digests.put(chunk)
            self.hashed += len(chunk)
        return super().write(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self.hashed = None
        return super().seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        self.hashed = None
        return super().truncate(size)
