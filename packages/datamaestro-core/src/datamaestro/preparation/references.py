"""The datasets that a dataset refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import NotFoundError, QueryError

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["key_of", "refuse_endless", "with_referred"]

DEEPEST = 50
"""How many datasets may refer each to the next.

Making one takes some ten nested calls, of the thousand that Python allows by default.
"""


def with_referred(definition: DatasetDefinition, context: Context) -> list[DatasetDefinition]:
    """Give a dataset and all that it refers to, those referred to first.

    :raises DefinitionError: if they refer to one another in a circle, or too deep
    :raises DatasetNotFoundError: if a reference leads nowhere
    """
    found: dict[tuple[str, object], DatasetDefinition] = {}

    def visit(item: DatasetDefinition, path: tuple[DatasetDefinition, ...]) -> None:
        refuse_endless(item, path)
        if key_of(item) in found:
            return
        for resource in item.ordered_resources():
            for dataset in resource.datasets:
                visit(_referred(dataset, item, context), (*path, item))
        found[key_of(item)] = item

    visit(definition, ())
    return list(found.values())


def key_of(definition: DatasetDefinition) -> tuple[str, object]:
    """Give a key for a dataset: its id alone may also be declared by another file."""
    return definition.id, definition.target


def refuse_endless(definition: DatasetDefinition, path: tuple[DatasetDefinition, ...]) -> None:
    """Refuse a dataset that is among those on the path that led to it, or too far down.

    :raises DefinitionError: if it is
    """
    if key_of(definition) in map(key_of, path):
        circle = " → ".join(item.id for item in (*path, definition))
        raise definition.error(f"datasets refer to one another in a circle: {circle}")
    if len(path) >= DEEPEST:
        raise definition.error(
            "too many datasets refer each to the next",
            expected=f"{DEEPEST} at the most",
            found=f"more, from {path[0].id} down to {definition.id}",
        )


def _referred(dataset: object, owner: DatasetDefinition, context: Context) -> DatasetDefinition:
    """Look up what a dataset refers to; an error tells where that one is declared."""
    try:
        return context.definition(dataset)
    except (NotFoundError, QueryError) as error:
        error.where = error.where or str(owner.location)
        raise
