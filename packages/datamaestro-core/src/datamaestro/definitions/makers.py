"""What makes the value of a dataset: a function, or a class."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from datamaestro.data import Base
from datamaestro.definitions.data_path import DataPath
from datamaestro.download.resource import Resource
from datamaestro.errors import DefinitionError
from datamaestro.location import Location

__all__ = ["CREATE", "Dataset", "check_maker", "class_resources"]

CREATE = "__create_dataset__"
"""The class method by which a data type that declares a dataset makes its value."""


class Dataset(ABC):
    """The base of datasets that are declared as a class.

    Resources are class attributes; in :meth:`config`, ``self.NAME`` is the one
    that was prepared, with its ``path``. There, ``data_path`` of a dataset's class is the
    folder of its data.
    """

    data_path = DataPath()

    @abstractmethod
    def config(self, *args: Any, **kwargs: Any) -> Any:  # whichever axes it asks for
        """Build the dataset's value; its annotation says of which data type."""


def check_maker(target: Any, location: Location) -> None:
    """Check what ``@dataset`` decorates.

    :raises DefinitionError: if it can't make a value
    """
    if inspect.isclass(target):
        _check_class(target, location)
    elif not (inspect.isfunction(target) or hasattr(target, "__wrapped__")):
        raise _no_maker(target, location, f"{target!r:.80}")
    else:
        _check_function(target, location, named=True)


def _check_class(cls: type, location: Location) -> None:
    if issubclass(cls, Base) and hasattr(cls, CREATE):
        return
    if not issubclass(cls, Dataset):
        base = cls.__bases__[0].__name__
        raise _no_maker(cls, location, f"a class derived from {base}")
    config = inspect.getattr_static(cls, "config")
    if isinstance(config, staticmethod | classmethod | property) or not callable(config):
        raise DefinitionError(
            f"{cls.__name__}.config isn't a method of a dataset",
            where=location,
            expected="def config(self) -> DATA_TYPE, without a decorator of its own",
            found=f"{type(config).__name__}",
        )
    _check_function(config, location, named=False)
    for name, value in vars(cls).items():
        for resource in value if isinstance(value, list | tuple) else ():
            if isinstance(resource, Resource) and resource._name is None:
                raise DefinitionError(
                    f"{cls.__name__}.{name} holds a resource in a {type(value).__name__}",
                    where=location,
                    expected="each as an attribute of its own, without a comma after it",
                    found=repr(resource),
                )


def _no_maker(target: Any, location: Location, found: str) -> DefinitionError:
    return DefinitionError(
        f"{getattr(target, '__name__', 'this')} can't be declared as a dataset",
        where=location,
        expected="a function, a class derived from datamaestro.definitions.Dataset, "
        "or a data type with a class method __create_dataset__",
        found=found,
    )


def _check_function(function: Any, location: Location, *, named: bool) -> None:
    """Check that a function returns a value; and takes its arguments by their names."""
    fault = next(_faults(inspect.unwrap(function), named), None)
    if fault is not None:
        raise DefinitionError(
            f"{function.__name__} can't make the value of a dataset",
            where=location,
            expected="a function that returns it"
            + (", with a named argument for each resource and axis" if named else ""),
            found=fault,
        )


def _faults(function: Any, named: bool) -> Iterator[str]:
    code = getattr(function, "__code__", None)
    if code is None:
        return
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        yield "async def"
    if code.co_flags & inspect.CO_GENERATOR:
        yield "one that yields"
    if named and code.co_posonlyargcount:
        yield f"{code.co_varnames[0]} by its position only"
    if named and code.co_flags & inspect.CO_VARARGS:
        name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        yield f"*{name}, which nothing fills"


def class_resources(cls: type) -> list[Resource]:
    """Give the resources in a class's attributes, its own and inherited, in order."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    values = (inspect.getattr_static(cls, name) for name in names)
    return list({id(value): value for value in values if isinstance(value, Resource)}.values())
