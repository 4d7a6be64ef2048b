"""Data types: the classes of the values that a user gets.

A data type is a plain, typed, keyword-only class::

    class Lines(File):
        encoding: Meta[str] = "utf-8"

        def __iter__(self) -> Iterator[str]: ...

Annotations become its parameters. Values are immutable and compared by value; they can be keys
of dicts, and arguments of what `functools.cache` decorates, whatever they hold.
Building one opens nothing: methods such as ``data()`` do.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from datamaestro.data.parameters import (
    Meta,
    Option,
    Param,
    arguments_of,
    check_defaults,
    check_parameters,
)
from datamaestro.earlier import Constructor
from datamaestro.errors import ParameterError

__all__ = ["Base", "File", "Folder", "Generic", "Meta", "Option", "Param"]


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
class _Record:
    """Turns each subclass into a frozen, keyword-only dataclass with checked parameters."""

    C = Constructor()

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        check_defaults(cls)
        own_constructor = "__init__" in cls.__dict__
        own_hash = cls.__dict__.get("__hash__") is not None
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        if not own_hash:
            cls.__hash__ = _Record.__hash__  # type: ignore[method-assign]
        if not own_constructor:
            cls.__init__ = _checked(cls, cls.__init__)  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> Any:
        # Only called when the usual look-up fails. A property that raised an
        # AttributeError of its own ends here too: let it speak for itself.
        if hasattr(type(self), name):
            return object.__getattribute__(self, name)
        if name.startswith("__"):  # what copy, pickle or NumPy ask for: nobody reads the answer
            raise AttributeError(name)
        members = {*self._parameters(), *(item for item in dir(type(self)) if item != "C")}
        public = ", ".join(sorted(item for item in members if not item.startswith("_")))
        raise AttributeError(
            f"{type(self).__qualname__} has no attribute {name!r}; it has: {public}",
            name=name,
            obj=self,
        )

    def __bool__(self) -> bool:
        """A value is true, however much data it stands for: asking opens nothing."""
        return True

    def __hash__(self) -> int:
        """Hash the parameters that can be: lists and dicts only count when values are compared."""
        compared = [item.name for item in dataclasses.fields(self) if item.compare]  # type: ignore[arg-type]
        return hash((type(self), *(_hash(getattr(self, name)) for name in compared)))

    def _parameters(self) -> dict[str, Any]:
        """Give the values of all parameters, by name, in the order of declaration."""
        fields: dict[str, Any] = self.__dataclass_fields__
        return {name: self.__dict__.get(name) for name in fields}


def _hash(value: object) -> int:
    try:
        return hash(value)
    except TypeError:  # it can be changed
        return 0


def _checked(cls: type, initialize: Callable[..., None]) -> Callable[..., None]:
    """Wrap a generated ``__init__`` so that wrong parameters raise a `ParameterError`."""
    required, known = arguments_of(cls)

    @functools.wraps(initialize)
    def construct(self: Any, *positional: Any, **values: Any) -> None:
        if positional:
            raise ParameterError(
                f"{cls.__qualname__} takes keyword parameters only",
                expected=", ".join(known),
                found=f"{len(positional)} positional",
            )
        initialize(self, **check_parameters(cls, values, required, known))

    return construct


class Base(_Record):
    """The root of all data types.

    :param id: the dataset id, or that of the part of a dataset
        (``com.lecun.mnist.train``); set by the preparation
    """

    id: Param[str | None] = None


class Generic(Base):
    """Any parameters, none of them checked: a placeholder until a data type is written."""

    def __init__(self, /, *, id: str | None = None, **values: Any) -> None:  # noqa: A002
        object.__setattr__(self, "id", id)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _parameters(self) -> dict[str, Any]:
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(vars(self)))))

    def __repr__(self) -> str:
        return f"Generic({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class File(Base):
    """A file.

    :param path: where it lies
    """

    path: Meta[Path]

    def open(self, mode: str = "rb") -> IO[Any]:
        """Open the file; text modes read the value's ``encoding``, or UTF-8 if it has none."""
        encoding = getattr(self, "encoding", "utf-8")
        return self.path.open(mode, encoding=None if "b" in mode else encoding)


class Folder(Base):
    """A folder.

    :param path: where it lies
    """

    path: Meta[Path]

    def open(self, name: str, mode: str = "rb") -> IO[Any]:
        """Open a file below the folder by its relative name; text modes read UTF-8."""
        return (self.path / name).open(mode, encoding=None if "b" in mode else "utf-8")
