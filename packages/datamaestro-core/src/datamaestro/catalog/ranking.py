"""Which results come first: those whose id is what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from datamaestro.catalog.words import folded, words

__all__ = ["rank"]


def rank(sought: list[str]) -> Callable[[str, str], int]:
    """Make a function that scores where words stand in an id and a name.

    :return: gives 0 if both the end of the id and the name are the words, and up to 5 if they are
        only elsewhere

    >>> place = rank(["mnist"])
    >>> place("com.lecun.mnist", "MNIST"), place("org.example.fashion-mnist", "")
    (0, 2)
    """
    wanted = set(sought)

    def place(name: str, title: str) -> int:
        if set(words(name.rpartition(".")[2])) == wanted:
            return 0 if set(words(title)) == wanted else 1
        if wanted <= set(words(name)):
            return 2
        if _all_in(wanted, name):
            return 3
        return 4 if _all_in(wanted, title) else 5

    return place


def _all_in(wanted: set[str], text: str) -> bool:
    there = folded(text)
    return all(word in there for word in wanted)
