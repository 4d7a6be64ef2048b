"""Variants: one definition for datasets that differ along some axes.

A definition names the axes, in one of two ways::

    class CorpusVariants(AxesVariants):
        lang = Axis(["fr", "en"], description="the language of the texts")
        size = Axis(["small", "large"], default="small")

    variants = AxesVariants(lang=Axis(["fr", "en"]), size=Axis(["small", "large"]))

and takes them with ``@dataset(…, variants=CorpusVariants)``. A selector after the
dataset id chooses: ``org.example.corpus[lang=fr]``. The canonical form names every
axis, defaults included, in alphabetical order: ``[lang=fr,size=small]``.
"""

from __future__ import annotations

import inspect
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from datamaestro.axis import MISSING, Axis, word
from datamaestro.errors import DefinitionError, QueryError
from datamaestro.location import definition_site
from datamaestro.selector import format_selector, parse_selector

__all__ = ["MISSING", "AxesVariants", "Axis", "Variants", "word"]


class Variants(ABC):
    """What the variants of a dataset are; `AxesVariants` is what nearly all need."""

    @abstractmethod
    def resolve(self, **values: Any) -> dict[str, Any]:
        """Check chosen values, and give all of a variant's, defaults included.

        :raises QueryError: for an unknown name or value, or one that is missing
        """

    @abstractmethod
    def parse_selector(self, selector: str) -> dict[str, Any]:
        """Read ``[key=value,…]``; raises as :meth:`resolve`."""

    @abstractmethod
    def format_selector(self, values: Mapping[str, Any]) -> str:
        """Write the canonical selector of a variant; nothing for one that needs none."""

    @abstractmethod
    def enumerate(self) -> Iterator[dict[str, Any]]:
        """Give the variants that can be listed."""

    @property
    def names(self) -> frozenset[str] | None:
        """The names of a variant's values, if they are known before one is chosen."""
        return None

    def matches(self, query: str) -> bool:
        """Tell whether a text stands in a value of a variant, in upper or lower case."""
        values = (value for variant in self.enumerate() for value in variant.values())
        return any(query.lower() in word(value).lower() for value in values if value is not None)

    def to_json(self) -> dict[str, Any]:
        """Give what there is to choose as an object of JSON."""
        return {}


class AxesVariants(Variants):
    """Variants along independent axes: attributes of a subclass, or keyword arguments."""

    _declared: ClassVar[dict[str, Axis]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Axis)}
        for name in own:
            if hasattr(AxesVariants, name):
                raise DefinitionError(
                    f"an axis can't be an attribute named {name!r}, which has a meaning here",
                    where=definition_site(),
                    hint=f"give it to the constructor: AxesVariants({name}=Axis(…))",
                )
        inherited = (
            base._declared for base in reversed(cls.__bases__) if issubclass(base, AxesVariants)
        )
        cls._declared = {name: axis for axes in (*inherited, own) for name, axis in axes.items()}

    def __init__(self, **axes: Axis) -> None:
        for name, axis in axes.items():
            if not isinstance(axis, Axis) or not name.isidentifier():
                raise DefinitionError(
                    f"{name!r} isn't an axis",
                    where=definition_site(),
                    expected="an Axis, under a name that an argument can have",
                    found=f"{axis!r:.80}",
                )
        self._axes = {**self._declared, **axes}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._axes)})"

    @property
    def axes(self) -> dict[str, Axis]:
        """The axes by name."""
        return dict(self._axes)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._axes)

    def resolve(self, /, **values: Any) -> dict[str, Any]:
        self._check_names(values)
        needed = {name for name, axis in self._axes.items() if not axis.has_default}
        if missing := sorted(needed - values.keys()):
            wanted = "; ".join(f"{name}: {self._axes[name].allowed}" for name in missing)
            raise QueryError(
                f"a variant has to be chosen by {', '.join(missing)}",
                expected=wanted,
                found=f"a value for {', '.join(values)} alone" if values else "no value",
            )
        return {
            name: self._checked(name, values[name]) if name in values else axis.default
            for name, axis in self._axes.items()
        }

    def parse_selector(self, selector: str) -> dict[str, Any]:
        tokens = parse_selector(selector.strip().removeprefix("[").removesuffix("]"))
        self._check_names(tokens)
        return {name: self._read(name, token) for name, token in tokens.items()}

    def format_selector(self, values: Mapping[str, Any]) -> str:
        resolved = self.resolve(**values)
        return format_selector(
            {
                name: axis.write(resolved[name])
                for name, axis in self._axes.items()
                if axis.in_id and not (axis.elide_default and resolved[name] == axis.default)
            }
        )

    def enumerate(self) -> Iterator[dict[str, Any]]:
        """Give all variants; an open axis has its default alone, or is left out."""
        domains = {
            name: [axis.default] if axis.domain is None else axis.domain
            for name, axis in self._axes.items()
            if axis.enumerable or axis.has_default
        }
        for values in itertools.product(*domains.values()) if domains else ():
            yield dict(zip(domains, values, strict=True))

    def matches(self, query: str) -> bool:
        values = (value for axis in self._axes.values() for value in axis.domain or ())
        return any(query.lower() in word(value).lower() for value in values if value is not None)

    def to_json(self) -> dict[str, Any]:
        return {name: axis.to_json() for name, axis in self._axes.items()}

    def _check_names(self, values: Mapping[str, Any]) -> None:
        unknown = sorted(values.keys() - self._axes.keys())
        if unknown:
            raise QueryError(
                f"there is no axis {unknown[0]!r}",
                expected=", ".join(self._axes) or "none",
                found=", ".join(unknown),
            )

    def _read(self, name: str, token: str) -> Any:
        try:
            return self._checked(name, self._axes[name].read(token))
        except QueryError as error:
            raise self._refused(name, token) from error

    def _checked(self, name: str, raw: Any) -> Any:
        axis = self._axes[name]
        try:
            value = axis.coerce(raw)
            axis.validate(value)
        except QueryError as error:
            raise self._refused(name, repr(raw)) from error
        return value

    def _refused(self, name: str, found: str) -> QueryError:
        allowed = self._axes[name].allowed
        return QueryError(f"the axis {name!r} has another value", expected=allowed, found=found)


def variants_of(declared: Any) -> Variants | None:
    """Give the variants that a definition declares: an instance, a class, or None for none.

    :raises DefinitionError: if they are something else, or there is nothing to choose
    """
    variants = declared() if inspect.isclass(declared) else declared
    if variants is not None and not isinstance(variants, Variants):
        raise DefinitionError(
            "these can't be the variants of a dataset",
            where=definition_site(),
            expected="a class derived from datamaestro.variants.Variants, or an instance",
            found=f"{declared!r:.80}",
        )
    if isinstance(variants, AxesVariants) and not variants.axes:
        raise DefinitionError(
            "variants without any axis",
            where=definition_site(),
            expected="an Axis for each, as an attribute of the class or by name",
            found=f"{declared!r:.80}",
        )
    return variants
