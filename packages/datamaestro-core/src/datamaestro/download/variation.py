"""From the resources of a dataset to those of one of its variants."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from datamaestro.download.resource import DECLARED, Resource
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DefinitionError, QueryError
from datamaestro.location import definition_site
from datamaestro.sequences import rebuilt
from datamaestro.signatures import parameters_of, signature_of

__all__ = ["Variation", "byvariant", "is_by_variant", "placeholders", "taken_by"]

AnyResource = TypeVar("AnyResource", bound=Resource)

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_SAFE_WORD = re.compile(r"[A-Za-z0-9._~+-]*[A-Za-z0-9_~+-][A-Za-z0-9._~+-]*")


class _ByVariant(Resource):
    """Stands for a resource that a function makes once a variant is chosen."""

    def __init__(self, make: Callable[..., Resource], name: str | None) -> None:
        super().__init__(name)
        self.make = make

    def prepare(self) -> Any:
        raise AttributeError(f"{self!r} exists for a chosen variant only")


def byvariant(make: Callable[..., AnyResource], *, name: str | None = None) -> AnyResource:
    """Declare a resource that is another one for each variant::

        TEXTS = byvariant(lambda lang: FileDownloader("texts.txt", URLS[lang], sha256=SUMS[lang]))

    :param make: makes it; its parameters are axes
    :param name: the resource's name; by default the attribute that holds it
    :raises DefinitionError: if nothing makes it
    """
    if isinstance(make, Resource) or not callable(make):
        raise DefinitionError(
            "byvariant is called with something that isn't a function",
            where=definition_site(),
            expected="one that makes the resource: byvariant(lambda AXIS: RESOURCE)",
            found=f"{make!r:.80}",
        )
    return cast(AnyResource, _ByVariant(make, name))


class Variation:
    """Makes the resources of one variant.

    ``{axis}`` stands for the axis's value in each text that a resource was declared
    with: URLs, file names, references.

    :param variant: the values of the axes
    :param words: these as they are written
    """

    def __init__(self, variant: Mapping[str, Any], words: Mapping[str, str]) -> None:
        self.variant = variant
        self.words = words
        # Originals are kept with their copies, so that none gives its id() to another.
        self._made: dict[int, tuple[Resource, Resource]] = {}

    def of(self, original: Resource) -> Resource:
        """Give the resource of the variant that a declared one stands for.

        :raises QueryError: if a value can't stand in a URL or path, as the declaration wants
        :raises DefinitionError: if the function of :func:`byvariant` gives no resource
        """
        if id(original) not in self._made:
            chosen = self._chosen(original) if isinstance(original, _ByVariant) else original
            made = copy.copy(chosen)
            made._name = original._name
            self._made[id(original)] = (original, made)
            declared = (DECLARED, made.declared_with)
            for attribute, value in [*made._attributes(), declared]:
                setattr(made, attribute, self._filled(value))
        return self._made[id(original)][1]

    def _chosen(self, declared: _ByVariant) -> Resource:
        try:
            made = declared.make(**taken_by(declared.make, self.variant))
        except KeyError as error:
            raise QueryError(
                f"the resource {declared.name!r} isn't defined for this variant",
                found=", ".join(f"{name}={text}" for name, text in self.words.items()),
            ) from error
        if not isinstance(made, Resource):
            raise DefinitionError(
                f"the function of {declared!r} gives no resource", found=f"{made!r:.80}"
            )
        return made

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return _PLACEHOLDER.sub(self._word, value)
        if isinstance(value, Resource):
            return self.of(value)
        if isinstance(value, Source):
            return replace(value, urls=self._filled(value.urls))
        if isinstance(value, list | tuple | set | frozenset):
            return rebuilt(value, map(self._filled, value))
        if type(value) is dict:
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        return value

    def _word(self, match: re.Match[str]) -> str:
        text = self.words.get(match[1])
        if text is None:
            return match[0]
        if not _SAFE_WORD.fullmatch(text):
            raise QueryError(
                f"the value of the axis {match[1]!r} can't stand in a URL or path",
                expected="letters, digits and . _ ~ + -",
                found=repr(text),
            )
        return text


def taken_by(function: Callable[..., Any], variant: Mapping[str, Any]) -> dict[str, Any]:
    """Give those values of a variant that a function has parameters for."""
    if not variant:
        return {}
    parameters = signature_of(function).parameters.values()
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
        return dict(variant)
    names = {item.name for item in parameters}
    return {name: value for name, value in variant.items() if name in names}


def is_by_variant(resource: Resource) -> bool:
    """Tell whether a resource stands for those that :func:`byvariant` makes."""
    return isinstance(resource, _ByVariant)


def placeholders(resource: Resource) -> Iterator[str]:
    """Give the axes that a resource names: in braces, or as parameters it can't do without."""
    if isinstance(resource, _ByVariant):
        yield from (name for name, required in parameters_of(resource.make) if required)
    texts = [url for source in resource.sources for url in source.urls]
    if isinstance(resource, StoredResource):
        texts.append(str(resource.relative_path))
    for text in texts:
        yield from _PLACEHOLDER.findall(text)
