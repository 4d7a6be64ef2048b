"""From the text of a query to its tokens, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from datamaestro.errors import QueryError

__all__ = ["Token", "tokens"]

_OPERATOR = re.compile(r"(AND|OR|NOT)(?=\(|$)")
_FIELD = re.compile(r"([A-Za-z]+):(?!//)")


class Token(NamedTuple):
    """One piece of a query.

    :param kind: ``term``, ``AND``, ``OR``, ``NOT``, ``(`` or ``)``
    :param start: its first character, from 0
    :param value: of a term, what is sought, without quotes
    :param field: of a term, what stands before the colon
    :param quoted: whether the value stood in quotes
    """

    kind: str
    start: int
    value: str = ""
    field: str | None = None
    quoted: bool = False


def tokens(query: str) -> Iterator[Token]:
    """Take a query apart, no further than it is read.

    :raises QueryError: for a quote that is never closed, or a field without a value
    """
    return _Scanner(query).tokens()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0

    def tokens(self) -> Iterator[Token]:
        position = 0
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
            else:
                token, position = self._read(position)
                yield token

    def _read(self, start: int) -> tuple[Token, int]:
        """Read what begins at a place, and give it and the place after it."""
        chunk = re.compile(r"\S+").match(self.text, start)
        assert chunk is not None
        word = chunk[0]
        if operator := _OPERATOR.match(word):
            return Token(operator[0], start), start + len(operator[0])
        if word[0] == "-" and len(word) > 1:
            return Token("NOT", start), start + 1
        if word[0] == "(" and self._is_group(word):
            self.depth += 1
            return Token("(", start), start + 1
        if word[0] == ")" and self.depth:
            self.depth -= 1
            return Token(")", start), start + 1
        return self._read_term(start, word)

    def _is_group(self, word: str) -> bool:
        """Tell whether a parenthesis at the start is one of the query's, not an expression's.

        It is if its counterpart isn't in the same word, or is at its end: then both mean the
        same, except for what only an expression can have after it, ``(?``.
        """
        end = _counterpart(word)
        return word[1:2] != "?" and (end is None or set(word[end:]) == {")"})

    def _read_term(self, start: int, word: str) -> tuple[Token, int]:
        match = _FIELD.match(word)
        field = None if match is None else match[1].lower()
        begin = start + (0 if match is None else match.end())
        if self.text[begin : begin + 1] == '"':
            end = self.text.find('"', begin + 1)
            if end < 0:
                raise QueryError(
                    "this quote is never closed",
                    where=f"query, character {begin + 1}, before {self.text[begin:]!r:.40}",
                    expected="another quote after it",
                )
            return Token("term", start, self.text[begin + 1 : end], field, True), end + 1
        value = self._own(word[begin - start :])
        if not value:
            raise QueryError(
                "this field has no value",
                where=f"query, character {start + 1}, before {self.text[start:]!r:.40}",
                expected=f"{field}:VALUE, without a space before it",
            )
        return Token("term", start, value, field), begin + len(value)

    def _own(self, value: str) -> str:
        """Take from the end of a value the parentheses that close groups of the query."""
        for _ in range(self.depth):
            if value.endswith(")") and _surplus(value):
                value = value[:-1]
        return value


def _depths(text: str) -> list[int]:
    """Give how deep in parentheses each character of an expression leaves it."""
    depth, in_class, skip, found = 0, False, False, []
    for character in text:
        if skip:
            skip = False
        elif character == "\\":
            skip = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        else:
            depth += (character == "(") - (character == ")")
        found.append(depth)
    return found


def _counterpart(word: str) -> int | None:
    """Give the place of the parenthesis that closes the first one, if there is one."""
    depths = _depths(word)
    return depths.index(0) if 0 in depths else None


def _surplus(value: str) -> bool:
    """Tell whether the last parenthesis closes none that the value opens."""
    return _depths(value)[-1] < 0
