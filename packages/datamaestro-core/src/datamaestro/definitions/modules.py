"""Modules of definitions: what they declare, and what is wrong with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import NamedTuple

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.decorated import declared_dataset
from datamaestro.errors import DatamaestroError

__all__ = ["Declared", "declared_in", "guarded", "named", "once_each"]


class Declared(NamedTuple):
    """A dataset that a module declares, right or wrong.

    :param definition: what it says about the dataset
    :param of_its_id: all definitions that have its id: one, unless something is wrong
    """

    definition: DatasetDefinition
    of_its_id: list[DatasetDefinition]

    def usable(self) -> DatasetDefinition:
        """Check the definition, and that no other has its id, and give it.

        :raises DatamaestroError: if something is wrong with it
        """
        with guarded(self.definition.target.__module__, f"{self.definition.id} can't be checked"):
            if len(self.of_its_id) > 1:
                raise self.of_its_id[1].error(
                    "two definitions have this id",
                    found=f"the other at {self.of_its_id[0].location}",
                    hint="give one of them another id='…'",
                )
            self.definition.validate()
        return self.definition


@contextmanager
def guarded(
    module: str, message: str = "a module of definitions can't be imported"
) -> Iterator[None]:
    """Turn what goes wrong inside the block into an error that tells file and line.

    :param module: the module of definitions that is at work there
    :param message: what went wrong
    :raises DefinitionError: for any error except datamaestro's own, which pass
    """
    try:
        yield
    except DatamaestroError:
        raise
    except (Exception, SystemExit) as error:
        from datamaestro.import_errors import not_importable

        raise not_importable(message, error, _origin(module)) from error


def once_each(definitions: Iterable[DatasetDefinition]) -> list[Declared]:
    """Give each definition once. It is checked when it is used: one may be, of thousands."""
    once = list(dict.fromkeys(definitions))
    by_id: dict[str, list[DatasetDefinition]] = {}
    for definition in once:
        by_id.setdefault(definition.id, []).append(definition)
    return [Declared(item, by_id[item.id]) for item in once]


def declared_in(module: ModuleType) -> list[DatasetDefinition]:
    """Give the datasets that a module declares itself, right or wrong, in its order."""
    declared = map(declared_dataset, list(vars(module).values()))
    own = (d for d in declared if d is not None and d.target.__module__ == module.__name__)
    return list(dict.fromkeys(own))


def named(dataset_id: str, declared: Iterable[Declared]) -> DatasetDefinition | None:
    """Give the first dataset that has an id or an alias; None if none has.

    :raises DatamaestroError: if something is wrong with it
    """
    for item in declared:
        if item.definition.is_named(dataset_id):
            return item.usable()
    return None


def _origin(module: str) -> str:
    try:
        spec = importlib.util.find_spec(module)
    except Exception:  # its package can't be imported either
        return module
    return module if spec is None or spec.origin is None else spec.origin
