"""Conditions on the texts of a dataset: its id, its name and its words."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from datamaestro.catalog.entry import Entry
from datamaestro.catalog.words import contains_words, folded, words
from datamaestro.search.conditions import Condition, ExpressionCondition
from datamaestro.search.expressions import Matcher, plainly

if TYPE_CHECKING:
    from datamaestro.catalog.query import Query

__all__ = ["PhraseCondition", "TextCondition", "WordCondition"]


class TextCondition(ExpressionCondition):
    """The id or the name matches a regular expression."""

    def holds(self, entry: Entry) -> bool:
        return self._matches(entry.id) or self._matches(entry.name)

    def sql(self, query: Query) -> str:
        matches = self.compile(self.expression)  # each search has its own time
        return query.id_or_name([], lambda id_, name: matches(id_) or matches(name))


class _Words(Condition):
    """The id or the name has a text in it, or other texts have its words."""

    beginning: bool
    """Whether a word that only begins like the last one counts."""

    def __init__(self, text: str) -> None:
        self.text = text

    def ranked_words(self) -> list[str]:
        return words(self.text)

    @abstractmethod
    def _matches(self) -> Matcher:
        """Make a function that tells whether a folded text has this one in it."""

    @abstractmethod
    def _pieces(self) -> list[str]:
        """Give the pieces that a folded text must have in it to match."""

    def holds(self, entry: Entry) -> bool:
        matches = self._matches()
        if matches(folded(entry.id)) or matches(folded(entry.name)):
            return True
        sought = words(self.text)
        return any(contains_words(text, sought, beginning=self.beginning) for text in entry.texts)

    def sql(self, query: Query) -> str:
        matches = self._matches()
        named = query.id_or_name(
            self._pieces(), lambda id_, name: matches(folded(id_)) or matches(folded(name))
        )
        elsewhere = query.words(words(self.text), beginning=self.beginning)
        return f"{named} OR {elsewhere}"


class WordCondition(_Words):
    """A word: the id or the name has it, or a word elsewhere begins with it.

    Elsewhere is the description, the tags, the tasks, and the names and values of axes. A
    dot stands for any character.

    :param text: the word
    """

    beginning = True

    def _matches(self) -> Matcher:
        return plainly(folded(self.text))

    def _pieces(self) -> list[str]:
        return folded(self.text).split(".")


class PhraseCondition(_Words):
    """Words one after the other: as they stand in the id or the name, or as words elsewhere.

    :param text: the words
    """

    beginning = False

    def _matches(self) -> Matcher:
        text = folded(self.text)
        return lambda there: text in there

    def _pieces(self) -> list[str]:
        return [folded(self.text)]
