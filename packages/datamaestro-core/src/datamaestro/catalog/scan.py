"""The catalog without an index, for a Python whose SQLite has no full-text search.

It is right, but reads all modules each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from datamaestro.catalog.entry import Entry
from datamaestro.catalog.modules import working_entries
from datamaestro.catalog.ranking import rank
from datamaestro.catalog.words import words

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.search import Condition

__all__ = ["scanned_entries", "scanned_search", "scanned_words"]


def scanned_entries(context: Context) -> Iterator[Entry]:
    """Give the entries of all datasets, in the order of repositories and ids."""
    plugins = {item.spec.id: item.plugin for item in context.plugins.repositories}
    for repository in context.repositories():
        if repository.id not in plugins:
            continue  # a project's
        plugin = plugins[repository.id]
        for entry in sorted(working_entries(repository), key=lambda entry: entry.id):
            yield entry._replace(
                repository=repository.id,
                distribution=plugin.distribution or None,
                version=plugin.version or None,
            )


def scanned_search(
    context: Context, condition: Condition | None, limit: int | None = None
) -> Iterator[Entry]:
    """Give the entries that a condition holds for, the best first; without one, all."""
    entries = scanned_entries(context)
    found = [entry for entry in entries if condition is None or condition.match(entry)]
    place = rank([] if condition is None else condition.ranked_words())
    found.sort(key=lambda entry: (place(entry.id, entry.name), entry.id))
    return islice(found, limit)


def scanned_words(context: Context, beginning: str) -> list[str]:
    """Give all words of the texts that begin with some characters."""
    found = {
        word
        for entry in scanned_entries(context)
        for text in (entry.id, entry.name, *entry.texts)
        for word in words(text)
        if word.startswith(beginning)
    }
    return sorted(found)
