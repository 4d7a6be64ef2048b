"""What datasets are called: from what their definitions say, and where these stand."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from datamaestro import identifiers
from datamaestro.errors import DefinitionError
from datamaestro.location import Location

__all__ = ["declared_id", "documentation"]


def declared_id(given: str | None, target: Callable[..., Any], location: Location) -> str:
    """Give the id of a dataset.

    :param given: what the definition says: nothing, ``""`` for the module path alone,
        ``".x"`` to add ``x`` to it, or the whole id
    :param target: the function or class that is declared
    :param location: where it is
    :raises DefinitionError: if that gives no dataset id
    """
    dataset_id = _from_module(given, target, location)
    if not isinstance(dataset_id, str) or not identifiers.is_dataset_id(dataset_id):
        raise DefinitionError(
            f"{dataset_id!r} can't be a dataset id",
            where=location,
            expected="names of letters, digits, '_', '-' and '+', with dots between them: "
            "org.example.flowers",
        )
    return dataset_id


def _from_module(given: Any, target: Callable[..., Any], location: Location) -> Any:
    module = target.__module__.split(".")
    path = module[module.index("config") + 1 :] if "config" in module else None
    if given and not (isinstance(given, str) and given.startswith(".")):
        return given
    if path is None:
        raise DefinitionError(
            f"{target.__name__} gets no id from its module",
            where=location,
            expected="a module below the 'config' package of a repository, or id='…' in full",
            found=target.__module__,
        )
    if given is None:
        path = [*path, identifiers.from_class_name(target.__name__)]
    elif given:
        path = [*path, given[1:]]
    return ".".join(path)


def documentation(target: Callable[..., Any]) -> tuple[str, str]:
    """Split a docstring into the dataset's name, its first line, and description."""
    own = vars(target).get("__doc__") if inspect.isclass(target) else target.__doc__
    lines = inspect.cleandoc(own or "").splitlines() or [""]
    return lines[0].strip(), "\n".join(lines[1:]).strip()
