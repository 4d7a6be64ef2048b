"""Reading a file anywhere, from several threads and forked processes at once."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import BinaryIO, Self

__all__ = ["RandomAccess"]


class RandomAccess:
    """A file that is read by offset; no position is shared, so nothing is locked.

    A context manager that closes the file.

    :param file: an open binary file, unbuffered or not; it is kept open as long as this is
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._descriptor = file.fileno()
        self._lock = threading.Lock()  # only used where there is no pread
        self.size = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        """Give `count` bytes from `offset` on, or fewer at the end."""
        data = self._read(offset, count)
        while len(data) < count and (more := self._read(offset + len(data), count - len(data))):
            data += more
        return data

    if hasattr(os, "pread"):

        def _read(self, offset: int, count: int) -> bytes:
            return os.pread(self._descriptor, count, offset)

    else:  # Windows

        def _read(self, offset: int, count: int) -> bytes:
            with self._lock:
                self._file.seek(offset)
                return self._file.read(count)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
