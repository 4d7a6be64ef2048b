"""Texts as a search compares them: without case and accents, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["GRAM", "contains_words", "folded", "grams", "words"]

GRAM = 3
"""How many characters stand together in the index of parts of words."""

_WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Give a text in which upper and lower case are alike, and letters have no accents.

    >>> folded("MNIST, démodé")
    'mnist, demode'
    """
    text = text.casefold().replace("\0", " ")
    if text.isascii():
        return text
    import unicodedata

    # Folded again: taking a character apart may give one that has a case.
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))


def words(text: str) -> list[str]:
    """Give the words of a text, without case and accents.

    >>> words("Handwritten chiffres, démodés: MNIST-like")
    ['handwritten', 'chiffres', 'demodes', 'mnist', 'like']
    """
    return _WORD.findall(folded(text))


def contains_words(text: str, sought: list[str], *, beginning: bool) -> bool:
    """Tell whether a text has words one after the other.

    :param beginning: whether the last needs only to begin like that
    """
    if not sought:
        return False
    there = words(text)
    count = len(sought)
    for start in range(len(there) - count + 1):
        *before, last = there[start : start + count]
        if before == sought[:-1] and (
            last.startswith(sought[-1]) if beginning else last == sought[-1]
        ):
            return True
    return False


def grams(pieces: Iterable[str]) -> list[str]:
    """Give all runs of three characters of some pieces of text.

    >>> grams(["mnist", "a"])
    ['mni', 'nis', 'ist']
    """
    found = (
        piece[start : start + GRAM] for piece in pieces for start in range(len(piece) - GRAM + 1)
    )
    return list(dict.fromkeys(found))
