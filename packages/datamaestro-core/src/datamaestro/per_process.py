"""What processes mustn't share, though a fork gives each a copy: connections, and their counts."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["PerProcess"]

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Values that are made when a process first asks for them, in any of its threads.

    A process that was forked makes its own, and so does one that is handed a copy.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[int, Hashable], T] = {}

    def __reduce__(self) -> tuple[type[PerProcess[T]], tuple[()]]:
        return PerProcess, ()

    def get(self, make: Callable[[], T], key: Hashable = None) -> T:
        """Give the value of a key; make it, if this process has none yet."""
        place = os.getpid(), key
        if place not in self._made:
            # No lock: one that a thread holds during a fork is never given up in the child.
            self._made.setdefault(place, make())
        return self._made[place]
