"""Conditions: what holds for a dataset, or doesn't, and how they combine.

Each tells what it means twice: in Python for one entry, and in SQL for an index of a
million. A test compares both for every condition.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from datamaestro.catalog.entry import Entry
from datamaestro.search.expressions import Matcher, check, somewhere

if TYPE_CHECKING:
    from datamaestro.catalog.query import Query
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = ["AndCondition", "Condition", "NotCondition", "OrCondition"]

_ROW = 100
"""How many conditions stand in a group: SQLite limits how many follow one another."""


class Condition(ABC):
    """Something that holds for a dataset, or doesn't."""

    def match(self, dataset: Entry | DatasetDefinition) -> bool:
        """Tell whether it holds.

        :param dataset: an entry of the catalog, or what
            :func:`datamaestro.context.find_dataset` gives
        :raises QueryError: if a regular expression takes too long
        """
        if isinstance(dataset, Entry):
            return self.holds(dataset)
        return self.holds(Entry.of(getattr(dataset, "__dataset__", dataset)))

    @abstractmethod
    def holds(self, entry: Entry) -> bool:
        """Tell whether it holds for an entry."""

    def sql(self, query: Query) -> str:
        """Write it as an expression of SQL; what isn't known to SQL is asked for each entry."""
        return query.entry(self.holds)

    def within(self, context: Context) -> Condition:  # noqa: ARG002  (for those that need it)
        """Give the same condition for the data of a context."""
        return self

    def ranked_words(self) -> list[str]:
        """Give the words that results are ranked by."""
        return []

    def map(self, change: Callable[[Condition], Condition]) -> Condition:
        """Give the same combination of other conditions.

        :param change: gives the condition to put in the place of one that isn't a combination
        """
        return change(self)

    @staticmethod
    def parse(query: str) -> Condition:
        """Read a query.

        :raises QueryError: if it can't be read; ``where`` tells the place in it

        >>> Condition.parse("tag:image")
        TagCondition('image')
        """
        from datamaestro.search.parsing import parse

        return parse(query)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _given(other) == _given(self)

    def __hash__(self) -> int:
        return hash((type(self), *_given(self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, _given(self)))})"


class ExpressionCondition(Condition):
    """Something that matches a regular expression.

    :param expression: the expression
    :raises QueryError: if it isn't one
    """

    compile: Callable[[str], Matcher] = staticmethod(somewhere)
    """Makes the function that tells whether a text matches an expression."""

    def __init__(self, expression: str) -> None:
        check(expression)
        self.expression = expression

    @cached_property
    def _matches(self) -> Matcher:
        return self.compile(self.expression)


class _Combination(Condition):
    """Several conditions together.

    :param conditions: these
    """

    combined: Callable[[Iterable[bool]], bool]
    """Tells whether it holds, given whether each of these holds."""

    operator: str
    """The same in SQL."""

    def __init__(self, conditions: Iterable[Condition] = ()) -> None:
        self.conditions = tuple(conditions)

    def holds(self, entry: Entry) -> bool:
        return self.combined(condition.holds(entry) for condition in self.conditions)

    def sql(self, query: Query) -> str:
        return self._joined([f"({condition.sql(query)})" for condition in self.conditions])

    def _joined(self, parts: list[str]) -> str:
        """Join expressions, those of long lists in groups of groups.

        To SQLite each operator in a row is one more level of nesting, of which it allows 1,000.
        """
        while len(parts) > _ROW:
            groups = (parts[start : start + _ROW] for start in range(0, len(parts), _ROW))
            parts = [f"({self.operator.join(group)})" for group in groups]
        return self.operator.join(parts) or str(int(self.combined([])))

    def within(self, context: Context) -> Condition:
        return type(self)(condition.within(context) for condition in self.conditions)

    def ranked_words(self) -> list[str]:
        return [word for condition in self.conditions for word in condition.ranked_words()]

    def map(self, change: Callable[[Condition], Condition]) -> Condition:
        return type(self)(condition.map(change) for condition in self.conditions)


class AndCondition(_Combination):
    """All of some conditions hold; without any, it holds for every dataset.

    :param conditions: these
    """

    combined = staticmethod(all)
    operator = " AND "


class OrCondition(_Combination):
    """One of some conditions holds; without any, it holds for none.

    :param conditions: these
    """

    combined = staticmethod(any)
    operator = " OR "


class NotCondition(Condition):
    """Another condition doesn't hold.

    :param condition: that one
    """

    def __init__(self, condition: Condition) -> None:
        self.condition = condition

    def holds(self, entry: Entry) -> bool:
        return not self.condition.holds(entry)

    def sql(self, query: Query) -> str:
        return f"NOT ({self.condition.sql(query)})"

    def within(self, context: Context) -> Condition:
        return NotCondition(self.condition.within(context))

    def map(self, change: Callable[[Condition], Condition]) -> Condition:
        return NotCondition(self.condition.map(change))


def _given(condition: object) -> list[object]:
    """Give what a condition was made from."""
    return [value for name, value in vars(condition).items() if not name.startswith("_")]
