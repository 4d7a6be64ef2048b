"""A few variants of a dataset that stand for all of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import QueryError
from datamaestro.variants import AxesVariants, Axis

__all__ = ["examples"]

MOST = 8
"""How many variants are taken where there are no axes to tell which matter."""


def examples(definition: DatasetDefinition) -> list[DatasetDefinition]:
    """Give variants that together have two values of each axis; or the dataset, if it has none.

    The first has the defaults, or the first values; each other one differs in one axis.
    There is none if an axis has neither a default nor values that can be listed.
    """
    if definition.variants is None:
        return [definition]
    if isinstance(definition.variants, AxesVariants):
        chosen: Iterable[dict[str, Any]] = _along(definition.variants.axes)
    else:
        chosen = islice(definition.variants.enumerate(), MOST)
    found: dict[str, DatasetDefinition] = {}
    for values in chosen:
        with suppress(QueryError):  # a combination that isn't defined
            variant = definition.for_variant(values)
            found.setdefault(variant.id, variant)
    return list(found.values())


def _along(axes: Mapping[str, Axis]) -> Iterator[dict[str, Any]]:
    first = {}
    for name, axis in axes.items():
        if axis.has_default:
            first[name] = axis.default
        elif values := _values(axis):
            first[name] = values[0]
    yield first
    for name, axis in axes.items():
        others = (value for value in _values(axis) if value != first[name])
        for value in islice(others, 1):
            yield {**first, name: value}


def _values(axis: Axis) -> list[Any]:
    if axis.domain is not None:
        return axis.domain
    if issubclass(axis.type, enum.Enum):
        return list(axis.type)
    return [False, True] if axis.type is bool else []
