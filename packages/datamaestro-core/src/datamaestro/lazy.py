"""Names of a module that are imported when they are first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["lazily"]


def lazily(
    module: str, homes: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and the ``__dir__`` of a module.

    Type checkers need the names twice more: imported under ``TYPE_CHECKING``, and in ``__all__``.

    :param module: its name
    :param homes: its names, by the modules that they come from: ``.handlers`` is one in a package
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def attribute(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return getattr(importlib.import_module(home_of[name], module), name)

    def names() -> list[str]:
        return sorted({*sys.modules[module].__all__, *home_of})

    return attribute, names
