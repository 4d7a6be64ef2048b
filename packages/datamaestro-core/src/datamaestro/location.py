"""Where in a file something is written, for the messages about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

__all__ = ["Location", "definition_site", "foreign_site", "function_site", "raised_at"]


class Location(NamedTuple):
    """A place in a file.

    :param path: the file
    :param line: the line, from 1
    """

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def definition_site() -> Location:
    """Give the place of the definition that is being run.

    It is the nearest caller that is neither in this package, nor the constructor of a
    handler, nor a function that this calls in the handler's own package.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_globals.get("__name__", "").startswith("datamaestro.")
        or frame.f_code.co_filename.startswith("<frozen ")  # Python's own, such as abc
        or frame.f_code.co_name in _CONSTRUCTORS
        or (
            frame.f_back.f_code.co_name in _CONSTRUCTORS
            and _package(frame) == _package(frame.f_back)
        )
    ):
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno)


def function_site(function: Callable[..., Any]) -> Location | None:
    """Give the place where a function begins, its decorators included, if it is in a file."""
    code = getattr(function, "__code__", None)
    return None if code is None else Location(code.co_filename, code.co_firstlineno)


def foreign_site(error: BaseException) -> Location | None:
    """Give the place that an error comes from in the code that the kernel called last.

    That is code of a plugin or of a definition: of what it calls in turn, only what is in the
    same file counts. There is none if the kernel called no such code.
    """
    from traceback import walk_tb

    site, caller_is_kernel = None, True
    for frame, line in walk_tb(error.__traceback__):
        package = _package(frame)
        if package in _BETWEEN or frame.f_code.co_filename.startswith("<frozen "):
            continue
        if package != _KERNEL and (
            caller_is_kernel or (site and site.path == frame.f_code.co_filename)
        ):
            site = Location(frame.f_code.co_filename, line)
        caller_is_kernel = package == _KERNEL
    return site


_BETWEEN = sys.stdlib_module_names | {"pluggy"}
"""What calls the code of others for the kernel, or for that code."""

_KERNEL = __name__.partition(".")[0]
_CONSTRUCTORS = ("__init__", "__call__")


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def raised_at(error: BaseException, path: object) -> Location | str:
    """Give the place in a file that an error comes from: its last line that was run.

    If none was, it is that of the error of syntax, or the file alone.
    """
    from traceback import extract_tb

    lines = [line.lineno for line in extract_tb(error.__traceback__) if line.filename == str(path)]
    if isinstance(error, SyntaxError) and error.filename == str(path) and error.lineno:
        lines.append(error.lineno)
    return Location(str(path), lines[-1] or 1) if lines else str(path)
