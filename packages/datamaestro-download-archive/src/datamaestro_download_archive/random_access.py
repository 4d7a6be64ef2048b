"""Reading a file anywhere, from several threads and forked processes at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import BinaryIO

__all__ = ["RandomAccess"]


class RandomAccess:
    """A file that is read by offset; no position is shared, so nothing is locked.

    :param file: an open binary file, unbuffered or not; it is kept open as long as this is
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._read = _reader(file)
        self.size = os.fstat(file.fileno()).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        """Give `count` bytes from `offset` on, or fewer at the end."""
        data = self._read(offset, count)
        while len(data) < count and (more := self._read(offset + len(data), count - len(data))):
            data += more
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()


if sys.platform != "win32":

    def _reader(file: BinaryIO) -> Callable[[int, int], bytes]:
        descriptor = file.fileno()
        return lambda offset, count: os.pread(descriptor, count, offset)

else:

    def _reader(file: BinaryIO) -> Callable[[int, int], bytes]:
        import threading

        lock = threading.Lock()

        def read(offset: int, count: int) -> bytes:
            with lock:
                file.seek(offset)
                return file.read(count)

        return read
