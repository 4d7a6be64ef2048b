"""What a file says now, without reading it each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from datamaestro.disk.freshness import Stamp, settled, stamp
from datamaestro.memory import Memory

__all__ = ["Latest", "looked_up", "looking_once"]

T = TypeVar("T")

_looks = Memory("looking_once")

looking_once = _looks.held
"""Keeps what files said when they were first asked for, until a block ends.

A preparation asks for settings some seven times for each file. For 200 files of 100 kB, a look
each time took an eighth of the time: the threads give up the interpreter's lock for each.
"""

looked_up = _looks.answered
"""Gives what is made from settings; in such a block, what was made when it was first asked for."""


class Latest(Generic[T]):
    """Reads a file when it is first asked for, and again once it has changed.

    A copy, as for another process, reads it itself.

    :param read: gives what a file says, be it there or not
    """

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._known: tuple[Path, Stamp, T] | None = None

    def __reduce__(self) -> tuple[type[Latest[T]], tuple[Callable[[Path], T]]]:
        return Latest, (self._read,)

    def of(self, path: Path) -> T:
        """Give what the file at `path` says; as long as it stays as it is, the same object."""
        return _looks.answered((self, path), lambda: self._now(path))

    def _now(self, path: Path) -> T:
        seen, known = stamp(str(path)), self._known
        if known is not None and known[:2] == (path, seen):
            return known[2]
        said = self._read(path)
        self._known = path, settled(seen), said
        return said
