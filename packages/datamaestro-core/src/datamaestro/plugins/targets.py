"""Targets: ``module:attribute``, by which plugins name what is imported when it's needed."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from typing import Any

__all__ = ["TARGET", "imported"]

TARGET = re.compile(r"[\w.]+:[\w.]+")


def imported(target: str) -> Any:
    """Import what a target names, perhaps an attribute of an attribute.

    :raises Exception: whatever its module raises; AttributeError if that lacks it
    """
    module, _, attribute = target.partition(":")
    return reduce(getattr, attribute.split("."), importlib.import_module(module))
