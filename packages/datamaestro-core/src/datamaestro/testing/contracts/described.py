"""What all contracts ask about descriptions."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from datamaestro.plugins.manager import PluginManager, Provided

__all__ = ["description_of", "undocumented"]


def description_of(target: type, manager: PluginManager, provided: Iterable[Provided[Any]]) -> Any:
    """Give the description by which a plugin provides a class.

    :raises AssertionError: if none does
    """
    found = [item.spec for item in provided if manager.load(item) is target]
    assert found, f"no installed plugin provides {target.__qualname__}"
    return found[0]


def undocumented(target: type, parameters: Iterable[str]) -> list[str]:
    """Give the parameters that the docstrings of a class and its bases don't tell about."""
    texts = [inspect.getdoc(base) or "" for base in target.__mro__]
    return [name for name in parameters if not any(f":param {name}:" in text for text in texts)]
