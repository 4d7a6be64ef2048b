"""The parts of a dataset's value, and the names that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from datamaestro.data import Base
from datamaestro.errors import NotFoundError, QueryError

__all__ = ["part_of", "wanted_parts"]


def wanted_parts(part: Iterable[str], only: Iterable[str]) -> tuple[str, ...]:
    """Give the parts that are wanted of a dataset, by the names that lead there.

    :param part: the names that lead to what was asked for
    :param only: the wanted parts of that; all if there are none
    :raises QueryError: if `only` is something else, such as a text, whose letters aren't meant

    >>> wanted_parts(["test"], ["images", "labels"])
    ('test.images', 'test.labels')
    """
    names = [] if isinstance(only, str) else list(only)
    if isinstance(only, str) or not all(isinstance(name, str) for name in names):
        expected = f"[{only!r}]" if isinstance(only, str) else "a list of names"
        raise QueryError("only takes several parts", expected=expected, found=repr(only))
    start = ".".join(part)
    below = tuple(f"{start}.{name}" if start else name for name in names)
    return below or ((start,) if start else ())


def part_of(value: Any, names: Iterable[str]) -> Any:
    """Give the part of a value that names lead to.

    :raises NotFoundError: if there is none; it tells which there are

    >>> part_of({"train": [1, 2]}, ["train", "1"])
    2
    """
    for name in names:
        parts = _parts(value)
        if name not in parts:
            owner = getattr(value, "id", None) or "the value"
            raise NotFoundError(
                f"{owner} has no part {name!r}",
                expected=", ".join(parts) or "no part: it has none",
                found=name,
            )
        value = parts[name]
    return value


def _parts(value: Any) -> dict[str, Any]:
    if isinstance(value, Base):
        items = value._parameters()
        return {name: item for name, item in items.items() if name != "id" and item is not None}
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    if isinstance(value, list | tuple):
        return {str(number): item for number, item in enumerate(value)}
    return {}
