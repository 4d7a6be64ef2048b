"""Libraries that a method needs only when it is called."""

from __future__ import annotations

import importlib
from types import ModuleType

from datamaestro.errors import DependencyError
from datamaestro.user_paths import typed

__all__ = ["required"]


def required(module: str, distribution: str | None = None) -> ModuleType:
    """Import a library that isn't declared as a dependency.

    :param distribution: what to install to have it, if it isn't called as the module is
    :raises DependencyError: if it isn't installed; the message tells how to
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        name = module.partition(".")[0]
        if error.name != name:
            raise
        raise DependencyError(
            f"this needs {name}, which isn't installed",
            hint=typed(["pip", "install", distribution or name]),
        ) from error
