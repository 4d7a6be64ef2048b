"""Parameters of data types: markers, and the check of a value against a type.

``Param[T]`` and ``Meta[T]`` say what a field means for a value's identity.
Both are plain ``Annotated[T, …]``, so that a type checker sees ``T``.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import functools
import inspect
import os
import sys
import types
import typing
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from datamaestro.errors import DefinitionError, ParameterError
from datamaestro.location import definition_site

__all__ = [
    "Meta",
    "Option",
    "Param",
    "Role",
    "arguments_of",
    "check_defaults",
    "check_parameters",
    "describe",
    "meant",
    "role_of",
]

T = TypeVar("T")


class Role(enum.Enum):
    """What a parameter means for the identity of a value."""

    IDENTITY = "identity"
    """Another value of it makes another piece of data."""

    META = "meta"
    """It only says how or where to read the same data, as a path does."""


Param = Annotated[T, Role.IDENTITY]
Meta = Annotated[T, Role.META]
Option = Annotated[T, Role.META]


def role_of(annotation: object) -> Role:
    """Give the role that an annotation declares; identity when it declares none."""
    for item in getattr(annotation, "__metadata__", ()):
        if isinstance(item, Role):
            return item
    return Role.IDENTITY


def arguments_of(cls: type) -> tuple[list[str], list[str]]:
    """Give the names of the arguments that a dataclass needs, and of all that it takes."""
    taken = [item for item in dataclasses.fields(cls) if item.init]
    missing = dataclasses.MISSING
    needed = [item for item in taken if item.default is missing and item.default_factory is missing]
    return [item.name for item in needed], [item.name for item in taken]


def check_parameters(
    cls: type, values: dict[str, Any], required: list[str], known: list[str]
) -> dict[str, Any]:
    """Check the keyword arguments of a data type against its annotations.

    A text is taken where a path is expected, and becomes one.

    :param values: the arguments, by name
    :param required: the names of the parameters without a default
    :param known: the names of all parameters
    :return: the values to build with
    :raises ParameterError: naming the class, the parameter and what was expected
    """
    name = cls.__qualname__
    for parameter in values:
        if parameter not in known:
            raise ParameterError(
                f"{name} has no parameter {parameter!r}",
                expected=", ".join(known),
                found=parameter,
            )
    hints = type_hints(cls)
    missing = [parameter for parameter in required if parameter not in values]
    if missing:
        wanted = ", ".join(f"{item} ({describe(hints.get(item, Any))})" for item in missing)
        given = ", ".join(values) or "no parameter"
        raise ParameterError(f"{name} lacks a parameter", expected=wanted, found=given)
    checked = {}
    for parameter, value in values.items():
        hint = hints.get(parameter, Any)
        try:
            checked[parameter] = _convert(value, hint)
        except TypeError:
            raise ParameterError(
                f"{name}.{parameter} has the wrong type",
                expected=describe(hint),
                found=f"{type(value).__qualname__} {value!r:.80}",
            ) from None
    return checked


def check_defaults(cls: type) -> None:
    """Check the parameters that a class has, and their defaults, before it becomes a dataclass.

    They are taken as values are. An annotation whose names aren't defined yet counts as ``Any``.

    :raises DefinitionError: naming the class, the parameter and what was expected
    """
    annotations = _annotations(cls)
    for name in getattr(cls, "__dataclass_fields__", ()):
        if name in cls.__dict__ and name not in annotations:
            # A dataclass would pass over it, and keep the default that is inherited.
            raise DefinitionError(
                f"{cls.__qualname__}.{name} is a parameter, and has no annotation",
                where=definition_site(),
                expected=f"{name}: Param[…] = …",
                found=f"{name} = {cls.__dict__[name]!r:.80}",
            )
    for name, value in vars(cls).items():
        if typing.get_origin(value) is Annotated and name not in annotations:
            raise DefinitionError(
                f"{cls.__qualname__}.{name} isn't a parameter",
                where=definition_site(),
                expected=f"a colon: {name}: Param[{describe(value)}]",
                found=f"{name} = …",
            )
    for name, annotation in annotations.items():
        own = cls.__dict__.get(name, dataclasses.MISSING)
        default = own.default if isinstance(own, dataclasses.Field) else own
        hint = Any if default is dataclasses.MISSING else _resolve(annotation, cls.__module__)
        if hint is Any or typing.get_origin(hint) is ClassVar:
            continue
        try:
            taken = _convert(default, hint)
        except TypeError:
            raise DefinitionError(
                f"the default of {cls.__qualname__}.{name} has the wrong type",
                where=definition_site(),
                expected=describe(hint),
                found=f"{type(default).__qualname__} {default!r:.80}",
            ) from None
        if own is default:
            if type(taken).__hash__ is None:
                raise DefinitionError(
                    f"the default of {cls.__qualname__}.{name} could be changed, for all values",
                    where=definition_site(),
                    expected="a tuple, or dataclasses.field(default_factory=…)",
                    found=f"{type(default).__qualname__} {default!r:.80}",
                )
            setattr(cls, name, taken)


@functools.cache
def type_hints(cls: type) -> dict[str, Any]:
    """Resolve the annotations of a class; one that can't be resolved counts as ``Any``."""
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except NameError:
        # A name that is imported for type checkers only. The others still resolve.
        return {
            name: _resolve(annotation, base.__module__)
            for base in reversed(cls.__mro__)
            for name, annotation in _annotations(base).items()
        }


def _annotations(cls: type) -> dict[str, Any]:
    """Give the annotations of a class itself, be the names in them defined yet or not."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(cls, format=Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _resolve(annotation: Any, module: str) -> Any:
    holder = type("_", (), {"__annotations__": {"it": annotation}, "__module__": module})
    try:
        return typing.get_type_hints(holder, include_extras=True)["it"]
    except NameError:
        return Any


def describe(hint: Any) -> str:
    """Name a type as a message should: ``Path``, ``list[str]``, ``int | None``."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return describe(typing.get_args(hint)[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(describe(item) for item in typing.get_args(hint))
    if hint is type(None):
        return "None"
    if isinstance(hint, TypeVar):
        return describe(hint.__bound__ or Any)
    if isinstance(hint, type) and origin is None:
        return hint.__qualname__
    return str(hint).replace("typing.", "")


def _convert(value: Any, hint: Any) -> Any:
    """Return `value` as one of the type `hint`, or raise TypeError."""
    hint = meant(hint)
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is Annotated:
        return _convert(value, arguments[0])
    if isinstance(hint, TypeVar):
        return value if hint.__bound__ is None else _convert(value, hint.__bound__)
    if origin is not None:
        return _convert_generic(value, origin, arguments)
    if hint is Path:
        return Path(_require(isinstance(value, str | os.PathLike), value))
    if hint is None or hint is type(None):
        return _require(value is None, value)
    if hint in (int, float):
        numbers = int if hint is int else int | float
        return _require(isinstance(value, numbers) and not isinstance(value, bool), value)
    if isinstance(hint, type) and hint is not object:
        return _require(_is_instance(value, hint), value)
    return value


def meant(hint: Any) -> Any:
    """Give the type that another name stands for: of ``NewType``, or since 3.12 of ``type``."""
    aliases = getattr(typing, "TypeAliasType", typing.NewType)
    while isinstance(hint, typing.NewType | aliases):
        hint = hint.__supertype__ if isinstance(hint, typing.NewType) else hint.__value__
    return hint


def _convert_union(value: Any, members: tuple[Any, ...]) -> Any:
    for member in members:
        try:
            return _convert(value, member)
        except TypeError:
            continue
    raise TypeError


def _convert_generic(value: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if origin in (typing.Union, types.UnionType):
        return _convert_union(value, arguments)
    if origin is typing.Literal:
        return _require(value in arguments, value)
    # A text is a sequence of texts, but nobody means its letters.
    _require(_is_instance(value, origin) and not isinstance(value, str | bytes), value)
    if not arguments:
        return value
    if origin is tuple and arguments[-1] is not Ellipsis:
        _require(len(value) == len(arguments), value)
        return tuple(_convert(item, hint) for item, hint in zip(value, arguments, strict=True))
    if origin in (list, set, frozenset, tuple):
        return origin(_convert(item, arguments[0]) for item in value)
    if origin is collections.abc.Sequence:
        return tuple(_convert(item, arguments[0]) for item in value)
    if origin in (dict, collections.abc.Mapping):
        key, item = arguments
        return {_convert(k, key): _convert(v, item) for k, v in value.items()}
    return value


def _require(condition: bool, value: Any) -> Any:
    if not condition:
        raise TypeError
    return value


def _is_instance(value: Any, cls: Any) -> bool:
    try:
        return isinstance(value, cls)
    except TypeError:  # a protocol that can't be checked at run time
        return True
