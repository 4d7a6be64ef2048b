"""What functions are called with."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["parameters_of", "signature_of"]


def signature_of(called: Callable[..., Any]) -> inspect.Signature:
    """Give the signature of a function, or of the constructor of a class.

    Annotations in it may have names that aren't defined, as of what is imported for type checkers.

    The first releases of Python 3.11 tell that of ``__new__`` where a class inherits both.
    """
    constructor = called.__init__ if isinstance(called, type) else None  # type: ignore[misc]
    if constructor in (None, object.__init__):
        return _signature(called)
    signature = _signature(constructor)
    return signature.replace(parameters=[*signature.parameters.values()][1:])


def _signature(called: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(called, annotation_format=Format.FORWARDREF)
    return inspect.signature(called)


def parameters_of(target: Callable[..., Any]) -> list[tuple[str, bool]]:
    """Give the parameters of a function, and whether each needs a value."""
    if inspect.isclass(target):
        return []
    if inspect.isfunction(target) and not hasattr(target, "__wrapped__"):
        return _in_code(target)
    keywords = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        (name, parameter.default is inspect.Parameter.empty)
        for name, parameter in _signature(target).parameters.items()
        if parameter.kind in keywords
    ]


def _in_code(function: FunctionType) -> list[tuple[str, bool]]:
    """Give the same without making a signature, which takes as long as all other checks."""
    code = function.__code__
    last = code.co_argcount + code.co_kwonlyargcount
    by_default = {
        *code.co_varnames[code.co_argcount - len(function.__defaults__ or ()) : code.co_argcount],
        *(function.__kwdefaults__ or ()),
    }
    names = code.co_varnames[code.co_posonlyargcount : last]
    return [(name, name not in by_default) for name in names]
