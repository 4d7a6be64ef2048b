"""Queries as text.

::

    query   = all { "OR" all }
    all     = part { ["AND"] part }
    part    = ("NOT" | "-") part | "(" query ")" | term
    term    = [field ":"] value

A value is a text in double quotes, or what stands between spaces. Since a regular
expression may have parentheses of its own, those that have their counterpart in the same
value belong to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from datamaestro.errors import QueryError
from datamaestro.search.conditions import AndCondition, Condition, NotCondition, OrCondition
from datamaestro.search.expressions import is_plain
from datamaestro.search.fields import (
    LanguageCondition,
    LicenceCondition,
    PreparedCondition,
    RepositoryCondition,
    SizeCondition,
    TagCondition,
    TaskCondition,
    TypeCondition,
)
from datamaestro.search.text import PhraseCondition, TextCondition, WordCondition
from datamaestro.search.tokens import Token, tokens
from datamaestro.sizes import parse_size

__all__ = ["parse", "parse_query"]

DEEPEST = 15
"""How many parentheses and NOTs may lie in one another: SQLite has a limit too."""

_ANSWERS = {"yes": True, "true": True, "no": False, "false": False}


def parse_query(terms: Iterable[str]) -> Condition:
    """Read a query that the shell has taken apart; raises as :func:`parse`."""
    return parse(" ".join(terms))


def parse(query: str) -> Condition:
    """Read a query; an empty one holds for every dataset.

    :raises QueryError: if it can't be read; ``where`` tells the place in it

    >>> parse("tag:images NOT mnist")
    AndCondition((TagCondition('images'), NotCondition(WordCondition('mnist'))))
    """
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise QueryError(
            "not a character",
            where=f"query, character {error.start + 1}, before {query[error.start :]!r:.40}",
            expected="text in UTF-8",
        ) from None
    reader = _Reader(query, tokens(query))
    if reader.kind is None:
        return AndCondition()
    condition = reader.query()
    if reader.kind is not None:
        raise reader.unexpected("a term, AND, OR or the end")
    return condition


class _Reader:
    """Reads a query by recursive descent."""

    def __init__(self, text: str, found: Iterator[Token]) -> None:
        self.text = text
        self.found = found
        self.next = next(found, None)
        self.depth = 0

    @property
    def kind(self) -> str | None:
        """What comes next: a word of the syntax, ``"term"``, or None at the end."""
        return None if self.next is None else self.next.kind

    def take(self) -> Token:
        token, self.next = self.next, next(self.found, None)
        assert token is not None
        return token

    def query(self) -> Condition:
        parts = [self.all()]
        while self.kind == "OR":
            self.take()
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else OrCondition(parts)

    def all(self) -> Condition:
        parts = [self.part()]
        while self.kind not in (None, "OR", ")"):
            if self.kind == "AND":
                self.take()
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else AndCondition(parts)

    def part(self) -> Condition:
        if self.kind == "NOT":
            with self.deeper():
                return NotCondition(self.part())
        if self.kind == "(":
            with self.deeper() as opening:
                condition = self.query()
            if self.kind != ")":
                raise self.error(opening.start, "this parenthesis is never closed", "')'")
            self.take()
            return condition
        if self.kind != "term":
            raise self.unexpected("a term")
        return self.term(self.take())

    @contextmanager
    def deeper(self) -> Iterator[Token]:
        """Read what an operator or a parenthesis begins, which is given."""
        token = self.take()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(token.start, "nested too deep", f"{DEEPEST} levels at the most")
        yield token
        self.depth -= 1

    def term(self, token: Token) -> Condition:
        if token.field is not None and token.field not in _FIELDS:
            known = ", ".join(f"{name}:" for name in _FIELDS)
            raise self.error(
                token.start,
                "no such field",
                known,
                f"{token.field}:",
                hint=f'unless a field is meant, write it in quotes: "{token.field}:{token.value}"',
            )
        try:
            if token.field is not None:
                return _FIELDS[token.field](token.value)
            return _free(token)
        except QueryError as error:
            raise self.error(
                token.start, error.message, error.expected, error.found, hint=error.hint
            ) from error

    def unexpected(self, expected: str) -> QueryError:
        """Make an error about what comes next."""
        if self.next is None:
            return self.error(len(self.text), "the query breaks off", expected, "its end")
        found = repr(self.next.kind)
        return self.error(self.next.start, "this can't stand here", expected, found)

    def error(
        self,
        start: int,
        message: str,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> QueryError:
        """Make an error about a place in the query."""
        where = f"query, character {start + 1}, before {self.text[start:]!r:.40}"
        if start >= len(self.text):
            where = f"query, after {self.text!r:.40}"
        return QueryError(message, where=where, expected=expected, found=found, hint=hint)


def _free(token: Token) -> Condition:
    if token.quoted:
        return PhraseCondition(token.value)
    return WordCondition(token.value) if is_plain(token.value) else TextCondition(token.value)


def _size(value: str) -> Condition:
    number = value.lstrip("<>=")
    try:
        size = parse_size(number)
    except QueryError:
        size = None
    if size is None or number == value:
        raise QueryError("no size", expected="<1GB, <=, >, >= or =500kB", found=repr(value))
    return SizeCondition(value[: -len(number)], size)


def _prepared(value: str) -> Condition:
    if value.lower() not in _ANSWERS:
        raise QueryError("neither yes nor no", expected="yes or no", found=repr(value))
    return PreparedCondition(_ANSWERS[value.lower()])


_FIELDS: dict[str, Callable[[str], Condition]] = {
    "tag": TagCondition,
    "task": TaskCondition,
    "repo": RepositoryCondition,
    "repository": RepositoryCondition,
    "type": TypeCondition,
    "license": LicenceCondition,
    "licence": LicenceCondition,
    "lang": LanguageCondition,
    "size": _size,
    "prepared": _prepared,
}
