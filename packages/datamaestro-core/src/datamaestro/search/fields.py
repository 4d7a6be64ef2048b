"""Conditions on the fields of a dataset."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from datamaestro.catalog.entry import Entry
from datamaestro.catalog.on_disk import is_prepared
from datamaestro.errors import QueryError
from datamaestro.search.conditions import Condition, ExpressionCondition
from datamaestro.search.expressions import fully

if TYPE_CHECKING:
    from datamaestro.catalog.query import Query
    from datamaestro.context import Context

__all__ = [
    "LanguageCondition",
    "LicenceCondition",
    "PreparedCondition",
    "RepositoryCondition",
    "SizeCondition",
    "TagCondition",
    "TaskCondition",
    "TypeCondition",
]


class _FieldCondition(ExpressionCondition):
    """One of the texts of a field matches."""

    field: Literal["tags", "tasks", "types", "licence"]
    """The field of an entry."""

    def holds(self, entry: Entry) -> bool:
        return any(map(self._matches, entry.texts_of(self.field)))

    def sql(self, query: Query) -> str:
        return query.field(self.field, self._matches)


class TagCondition(_FieldCondition):
    """A tag matches."""

    field = "tags"


class TaskCondition(_FieldCondition):
    """A task matches."""

    field = "tasks"


class TypeCondition(_FieldCondition):
    """The data type or one of its ancestors matches, as ``module.Class``."""

    field = "types"


class LicenceCondition(_FieldCondition):
    """The licence matches; it never does where none is declared."""

    field = "licence"


class RepositoryCondition(ExpressionCondition):
    """The repository's id matches, as a whole."""

    compile = staticmethod(fully)

    def holds(self, entry: Entry) -> bool:
        return entry.repository is not None and self._matches(entry.repository)

    def sql(self, query: Query) -> str:
        return query.repository(self._matches)


class LanguageCondition(Condition):
    """A language of the content is this one, or a kind of it: ``pt`` holds for ``pt-BR``.

    :param language: a tag of BCP 47, in upper or lower case
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def _matches(self, language: str) -> bool:
        return f"{language}-".lower().startswith(f"{self.language}-".lower())

    def holds(self, entry: Entry) -> bool:
        return any(map(self._matches, entry.languages))

    def sql(self, query: Query) -> str:
        return query.field("languages", self._matches)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}


class SizeCondition(Condition):
    """So many bytes are downloaded; it never holds where nobody says how many.

    :param comparison: ``<``, ``<=``, ``>``, ``>=`` or ``=``
    :param size: the number of bytes
    :raises QueryError: for another comparison
    """

    def __init__(self, comparison: str, size: int) -> None:
        if comparison not in _COMPARISONS:
            raise QueryError(
                "no such comparison", expected=", ".join(_COMPARISONS), found=comparison
            )
        self.comparison = comparison
        self.size = size

    def holds(self, entry: Entry) -> bool:
        size = entry.download_size
        return size is not None and _COMPARISONS[self.comparison](size, self.size)

    def sql(self, query: Query) -> str:
        return query.download_size(self.comparison, self.size)


class PreparedCondition(Condition):
    """The data are on this machine, or aren't.

    :param prepared: which of both
    :param datapaths: the folders of prepared datasets; a catalog that is searched
        takes those of its context
    """

    def __init__(self, prepared: bool, datapaths: Sequence[Path] = ()) -> None:
        self.prepared = prepared
        self.datapaths = tuple(datapaths)

    def within(self, context: Context) -> Condition:
        return PreparedCondition(self.prepared, self.datapaths or context.datapaths)

    def holds(self, entry: Entry) -> bool:
        return any(is_prepared(entry, path) for path in self._folders()) == self.prepared

    def sql(self, query: Query) -> str:
        prepared = query.prepared(self._folders())
        return prepared if self.prepared else f"NOT ({prepared})"

    def _folders(self) -> tuple[Path, ...]:
        if not self.datapaths:
            raise QueryError(
                "whether data are prepared depends on where they lie",
                hint="search a context's catalog, or ask condition.within(context)",
            )
        return self.datapaths
