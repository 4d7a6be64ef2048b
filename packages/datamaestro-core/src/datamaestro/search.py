"""Search conditions: what they hold for, and how they are written.

A query is a list of terms, all of which must hold::

    mnist                 the id or the name matches this regular expression
    tag:images            a tag does
    task:classification   a task does
    repo:image            the repository is this one (also ``repository:``)
    type:ImageClass       the data type, or one of its ancestors, does

Matching is anywhere in the text, upper and lower case alike.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datamaestro.errors import QueryError

if TYPE_CHECKING:
    from datamaestro.catalog.entry import Entry

__all__ = [
    "AndCondition",
    "Condition",
    "OrCondition",
    "RepositoryCondition",
    "TagCondition",
    "TaskCondition",
    "TextCondition",
    "TypeCondition",
    "parse_query",
]


class Condition(ABC):
    """Something that holds for a dataset, or doesn't."""

    @abstractmethod
    def match(self, entry: Entry) -> bool:
        """Tell whether it holds for an entry of the catalog."""

    @staticmethod
    def parse(term: str) -> Condition:
        """Read one term.

        :raises QueryError: if it names no known field, or its expression is wrong

        >>> Condition.parse("tag:image")
        TagCondition(expression='image')
        """
        field, separator, expression = term.partition(":")
        if not separator:
            return TextCondition(term)
        if field not in _FIELDS:
            raise QueryError(
                f"no such field in the query: {term!r}",
                expected=", ".join(f"{name}:" for name in _FIELDS),
                found=f"{field}:",
            )
        return _FIELDS[field](expression)


@dataclass(frozen=True)
class _Expression(Condition):
    """A regular expression that one of some texts has to match."""

    expression: str

    def __post_init__(self) -> None:
        try:
            re.compile(self.expression)
        except re.error as error:
            place = "" if error.pos is None else f" at character {error.pos + 1}"
            raise QueryError(
                f"not a regular expression: {self.expression!r}", found=f"{error.msg}{place}"
            ) from error

    def match(self, entry: Entry) -> bool:
        pattern = re.compile(self.expression, re.IGNORECASE)
        return any(pattern.search(text) for text in self.texts(entry))

    @abstractmethod
    def texts(self, entry: Entry) -> Iterable[str]:
        """Give the texts that it looks at."""


@dataclass(frozen=True)
class TextCondition(_Expression):
    """The id or the name matches."""

    def texts(self, entry: Entry) -> Iterable[str]:
        return entry.id, entry.name


@dataclass(frozen=True)
class TagCondition(_Expression):
    """A tag matches."""

    def texts(self, entry: Entry) -> Iterable[str]:
        return entry.tags


@dataclass(frozen=True)
class TaskCondition(_Expression):
    """A task matches."""

    def texts(self, entry: Entry) -> Iterable[str]:
        return entry.tasks


@dataclass(frozen=True)
class TypeCondition(_Expression):
    """The data type or one of its ancestors matches, as ``module.Class``."""

    def texts(self, entry: Entry) -> Iterable[str]:
        return entry.types


@dataclass(frozen=True)
class RepositoryCondition(_Expression):
    """The repository's id matches, as a whole."""

    def texts(self, entry: Entry) -> Iterable[str]:
        return (entry.repository or "",)

    def match(self, entry: Entry) -> bool:
        pattern = re.compile(self.expression, re.IGNORECASE)
        return any(pattern.fullmatch(text) for text in self.texts(entry))


@dataclass(frozen=True)
class AndCondition(Condition):
    """All of some conditions hold; without any, it holds for every entry."""

    conditions: tuple[Condition, ...] = ()

    def match(self, entry: Entry) -> bool:
        return all(condition.match(entry) for condition in self.conditions)


@dataclass(frozen=True)
class OrCondition(Condition):
    """One of some conditions holds; without any, it holds for none."""

    conditions: tuple[Condition, ...] = ()

    def match(self, entry: Entry) -> bool:
        return any(condition.match(entry) for condition in self.conditions)


_FIELDS: dict[str, Callable[[str], Condition]] = {
    "tag": TagCondition,
    "task": TaskCondition,
    "repo": RepositoryCondition,
    "repository": RepositoryCondition,
    "type": TypeCondition,
}


def parse_query(terms: Iterable[str]) -> Condition:
    """Read the terms of a query, all of which must hold.

    :raises QueryError: as :meth:`Condition.parse`
    """
    return AndCondition(tuple(Condition.parse(term) for term in terms))
