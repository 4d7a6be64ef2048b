"""What several datasets share, declared once."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from datamaestro.data import Base
from datamaestro.definitions.metadata import Metadata
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

__all__ = ["given_type", "metadataset", "metadatasets_of"]

T = TypeVar("T")


class metadataset:  # noqa: N801
    """Declare what several datasets share: a data type, and facts about them.

    These datasets name the class that it decorates: ``@dataset(CLASS)``; what they state
    themselves wins. The class may be derived from another such class, and then has what
    that one has. `datatags`, `datatasks` and `useragreement` decorate it too.

    :param base: the data type of their values; by default each declares its own, by a
        return annotation

    Other parameters are those of `dataset`.

    :raises DefinitionError: if a fact is invalid
    """

    def __init__(
        self,
        base: type[Base] | None = None,
        *,
        url: str | None = None,
        doi: str | None = None,
        licence: str | None = None,
        citation: str | None = None,
        agreement: str | None = None,
        languages: Iterable[str] = (),
        timestamp: str | date | bool | None = None,
    ) -> None:
        self.base = given_type(base, "metadataset")
        self.metadata = Metadata(
            url=url,
            doi=doi,
            licence=licence,
            citation=citation,
            agreement=agreement,
            languages=languages,
            timestamp=timestamp,
        )
        self.agreements: list[tuple[str, str | None]] = []

    def __call__(self, target: type[T]) -> type[T]:
        if not inspect.isclass(target):
            raise DefinitionError(
                "@metadataset doesn't decorate a class",
                where=definition_site(),
                expected="a class, which datasets take: @dataset(CLASS)",
                found=f"{target!r:.80}",
            )
        target.__metadataset__ = self  # type: ignore[attr-defined]
        return target


def metadatasets_of(cls: Any) -> list[metadataset]:
    """Give what a class and its ancestors declare for several datasets, the nearest first."""
    bases = getattr(cls, "__mro__", ())
    return [found for base in bases if (found := vars(base).get("__metadataset__")) is not None]


def given_type(base: Any, decorator: str) -> Any:
    """Give the class that a decorator is called with, without type arguments of its own.

    :raises DefinitionError: if it isn't one, as when the decorator has no parentheses
    """
    given = typing.get_origin(base) or base
    data_type = inspect.isclass(given) and issubclass(given, Base)
    if not (given is None or data_type or metadatasets_of(given)):
        raise DefinitionError(
            f"@{decorator} is called with something that isn't a data type",
            where=definition_site(),
            expected=f"@{decorator}(…), with nothing or a class derived from datamaestro.data.Base",
            found=f"{base!r:.80}",
        )
    return given
