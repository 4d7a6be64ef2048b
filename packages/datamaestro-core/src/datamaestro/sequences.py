"""Lists, tuples and sets of any class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["rebuilt"]


def rebuilt(sequence: Any, items: Iterable[Any]) -> Any:
    """Give a list, tuple or set of the same class with other items; named tuples stay such."""
    make = getattr(sequence, "_make", type(sequence))
    return make(items)
