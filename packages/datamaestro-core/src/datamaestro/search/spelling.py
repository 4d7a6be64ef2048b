"""Spelling mistakes: what a query that finds nothing was probably meant to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from datamaestro.catalog.words import words
from datamaestro.search.conditions import Condition
from datamaestro.search.text import PhraseCondition, WordCondition

if TYPE_CHECKING:
    from datamaestro.catalog import Catalog

__all__ = ["corrected"]

SIMILAR = 0.7
"""How much of a word has to be right, as :mod:`difflib` counts."""


def corrected(condition: Condition, catalog: Catalog) -> tuple[Condition, dict[str, str]]:
    """Replace the words that no dataset has by those that are most like them.

    :return: the condition with other words, and what was replaced: nothing, if no word
        that there is comes close
    """
    replaced: dict[str, str] = {}

    def change(part: Condition) -> Condition:
        if not isinstance(part, WordCondition | PhraseCondition):
            return part
        if next(catalog.search(part, limit=1), None) is not None:
            return part
        similar = [_most_like(word, catalog.vocabulary) for word in words(part.text)]
        if not similar or None in similar:
            return part
        replaced[part.text] = " ".join(filter(None, similar))
        return type(part)(replaced[part.text])

    return condition.map(change), replaced


def _most_like(word: str, vocabulary: Callable[[str], list[str]]) -> str | None:
    """Give the word that is most like another; the first letter is mostly right."""
    import difflib

    for beginning in (word[:1], ""):
        similar = [item for item in vocabulary(beginning) if abs(len(item) - len(word)) <= 2]
        if near := difflib.get_close_matches(word, similar, n=1, cutoff=SIMILAR):
            return near[0]
    return None
