"""A file that grows for hours, and knows how much of it is certainly on disk."""

from __future__ import annotations

import errno
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Any

from datamaestro.disk.flushing import flush_descriptor

__all__ = ["GrowingFile"]

AT_A_TIME = 64 << 20
"""After how many bytes the file is flushed: what a loss of power takes away at the most."""

_LATE = frozenset({errno.EIO, errno.EDQUOT})
"""What network file systems tell of a write some time after they took it."""


class GrowingFile(FileIO):
    """A file that is open for writing, and is flushed now and then, and when it is left.

    Bytes that the disk turns out to have refused are lost, though the file can still have its
    length, and whoever asks again is told nothing: so it is cut off behind the last that the disk
    certainly has.

    :param path: an existing file; it is written in order
    :param flushed: how many bytes of it are certainly on disk
    :param note: is told how many are, each time that it is flushed while it is written
    """

    def __init__(self, path: Path, flushed: int, note: Callable[[int], None]) -> None:
        super().__init__(path, "r+b")
        self._flushed = flushed
        self._note = note

    def write(self, data: Any, /) -> int:
        """Write some of the data, and tell how many bytes that were.

        :raises OSError: if these, or some that were written earlier, don't get to the disk
        """
        try:
            count = super().write(data)
        except OSError as error:
            if error.errno in _LATE:
                self.truncate(self._flushed)
            raise
        end = self.tell()
        if end - self._flushed >= AT_A_TIME:
            self._flush()
            self._flushed = end
            self._note(end)
        return count

    def __exit__(self, *_: object) -> None:
        # By this descriptor: another one isn't told of what went wrong before it was opened.
        try:
            self._flush()
        finally:
            self.close()

    def _flush(self) -> None:
        try:
            flush_descriptor(self.fileno())
        except OSError:
            self.truncate(self._flushed)
            raise
