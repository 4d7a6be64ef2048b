"""Modules of definitions: what they declare, and where it is told that they are wrong."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.decorated import declared_dataset
from datamaestro.errors import DatamaestroError

__all__ = ["declared_in", "definitions_in", "guarded", "named", "refuse_two"]


@contextmanager
def guarded(
    module: str, message: str = "a module of definitions can't be imported"
) -> Iterator[None]:
    """Tell in which module of definitions it is that something goes wrong inside the block.

    :raises DefinitionError: with that message; or if one of its definitions is wrong
    """
    try:
        yield
    except DatamaestroError:
        raise
    except (Exception, SystemExit) as error:
        from datamaestro.import_errors import not_importable

        raise not_importable(message, error, _origin(module)) from error


def definitions_in(module: ModuleType) -> list[DatasetDefinition]:
    """Give the datasets that a module declares itself, in the order of its text.

    :raises DefinitionError: if one of them is wrong
    """
    found = declared_in(module)
    for definition in found:
        definition.validate()
    refuse_two(found)
    return found


def refuse_two(definitions: Iterable[DatasetDefinition]) -> None:
    """Check that definitions differ in their ids.

    :raises DefinitionError: if two don't
    """
    first: dict[str, DatasetDefinition] = {}
    for definition in definitions:
        other = first.setdefault(definition.id, definition)
        if other is not definition:
            raise definition.error(
                "two definitions have this id",
                found=f"the other at {other.location}",
                hint="give one of them another id='…'",
            )


def declared_in(module: ModuleType) -> list[DatasetDefinition]:
    """Give the datasets that a module declares itself, right or wrong."""
    declared = map(declared_dataset, list(vars(module).values()))
    own = (d for d in declared if d is not None and d.target.__module__ == module.__name__)
    return list({id(definition): definition for definition in own}.values())


def named(dataset_id: str, definitions: Iterator[DatasetDefinition]) -> DatasetDefinition | None:
    """Give the first of some definitions that has an id, or an alias that is the same."""
    for definition in definitions:
        if dataset_id == definition.id or dataset_id in definition.aliases:
            return definition
    return None


def _origin(module: str) -> str:
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # its package can't be imported either
        return module
    return module if spec is None or spec.origin is None else spec.origin
