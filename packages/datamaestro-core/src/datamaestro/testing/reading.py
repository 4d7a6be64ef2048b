"""Reading all that a value stands for, through the methods that data types have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datamaestro.data import Base, File
from datamaestro.testing.samples import values_in

__all__ = ["exercise"]


def exercise(value: Any) -> None:
    """Read a value and its parts to their ends.

    Files are opened, ``data()`` is called, ``len()`` asked for and iteration run to its
    end, wherever a data type has them. What ``data()`` gives one after the other is asked for
    until there is no more.

    :raises AssertionError: if a value's length isn't the number of its items
    """
    for part in values_in(value):
        _read(part)


def _read(value: Base) -> None:
    methods: Any = value
    if isinstance(value, File):
        with value.open() as file:
            file.read(1)
    if callable(getattr(type(value), "data", None)):
        data = methods.data()
        for _ in data if isinstance(data, Iterator) else ():
            pass
    length = len(methods) if hasattr(type(value), "__len__") else None
    if hasattr(type(value), "__iter__"):
        count = sum(1 for _ in methods)
        assert length in (None, count), f"{value!r} has length {length} and {count} items"
