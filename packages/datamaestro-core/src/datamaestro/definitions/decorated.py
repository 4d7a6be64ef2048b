"""From what ``@dataset`` gives back to the definition: for the decorators that stand above it."""

from __future__ import annotations

from typing import Any

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

__all__ = ["declared_dataset", "decorated_dataset"]


def declared_dataset(target: Any) -> DatasetDefinition | None:
    """Give the definition that `target` is or has, as a class that declares a dataset."""
    if isinstance(target, DatasetDefinition):
        return target
    own = getattr(target, "__dict__", {}).get("__dataset__")
    return own if isinstance(own, DatasetDefinition) else None


def decorated_dataset(
    target: Any, decorator: str, expected: str = "@dataset below it"
) -> DatasetDefinition:
    """Give the definition that a decorator is about.

    :param decorator: what to call it in the message
    :raises DefinitionError: if `target` declares no dataset
    """
    definition = declared_dataset(target)
    if definition is None:
        raise DefinitionError(
            f"{decorator} doesn't decorate a dataset",
            where=definition_site(),
            expected=expected,
            found=repr(target),
        )
    return definition
