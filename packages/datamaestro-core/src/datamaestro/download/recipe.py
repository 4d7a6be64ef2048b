"""How a resource was declared, as plain data from which it can be declared again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any

from datamaestro.download.resource import Resource
from datamaestro.download.source import Source
from datamaestro.signatures import signature_of

__all__ = ["NotPortable", "arguments_of", "declared_again"]

_RESOURCE = "$resource"
_SOURCE = "$source"
_LEFT_OUT = ("name", "checker")


class NotPortable(Exception):  # noqa: N818  (an answer, which nobody sees)
    """An argument is something that plain data can't say, such as a function."""


def arguments_of(resource: Resource) -> dict[str, Any]:
    """Give the arguments that a resource was declared with, without those left at None.

    Its name is among them, whoever gave it. A checker isn't: it is code, and whoever
    declares the resource again knows the digest of what comes out.

    :raises NotPortable: if one of them isn't plain data
    """
    positional, keywords = resource.declared_with
    names, rest = _positional(type(resource))
    named = {**dict(zip(names, positional, strict=False)), **keywords}
    if more := positional[len(names) :]:
        if rest is None:
            raise NotPortable(f"{len(positional)} positional arguments")
        named[rest] = more
    given = {
        name: _portable(value)
        for name, value in named.items()
        if value is not None and name not in _LEFT_OUT
    }
    return {**given, "name": resource.name}


def declared_again(
    handler: Callable[..., Resource],
    arguments: Mapping[str, Any],
    others: Callable[[str], Resource],
) -> Resource:
    """Declare a resource from what :func:`arguments_of` gave.

    :param handler: its class
    :param others: gives the resources that it depends on, by name
    """

    def value(plain: Any) -> Any:
        if isinstance(plain, list):
            return [value(item) for item in plain]
        if not isinstance(plain, dict):
            return plain
        if _RESOURCE in plain:
            return others(plain[_RESOURCE])
        if _SOURCE in plain:
            source = plain[_SOURCE]
            return Source(tuple(source["urls"]), **{k: v for k, v in source.items() if k != "urls"})
        return {name: value(item) for name, item in plain.items()}

    values = {name: value(item) for name, item in arguments.items()}
    names, rest = _positional(handler)
    if rest not in values:
        return handler(**values)
    more = values.pop(rest)
    return handler(*(values.pop(name, None) for name in names), *more, **values)


def _positional(handler: Callable[..., Resource]) -> tuple[list[str], str | None]:
    """Give the parameters that may be given by position, and the one that takes all others."""
    parameters = signature_of(handler).parameters.values()
    names = [item.name for item in parameters if item.kind is item.POSITIONAL_OR_KEYWORD]
    rest = [item.name for item in parameters if item.kind is item.VAR_POSITIONAL]
    return names, rest[0] if rest else None


def _portable(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Resource):
        return {_RESOURCE: value.name}
    if isinstance(value, Source):
        facts = {"size": value.size, **value.digests}
        known = {name: fact for name, fact in facts.items() if fact is not None}
        return {_SOURCE: {"urls": list(value.urls), **known}}
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, list | tuple):
        return [_portable(item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return {name: _portable(item) for name, item in value.items()}
    raise NotPortable(f"{value!r:.80}")
