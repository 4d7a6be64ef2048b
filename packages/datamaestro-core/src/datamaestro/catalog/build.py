"""Writing entries into the index, and removing them from it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from datamaestro.catalog.entry import Entry
from datamaestro.catalog.rows import SELECT, entry_of, facts_of
from datamaestro.catalog.words import folded, words

__all__ = ["Writer"]

BATCH = 1000
"""How many entries are written at once."""

FIELDS = ("tags", "tasks", "types", "licence", "languages")


class Writer:
    """Writes into a database that nobody reads yet.

    :param connection: the database
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._choices: dict[tuple[str, tuple[str, ...]], int] = {
            (field, tuple(json.loads(value))): rowid
            for rowid, field, value in connection.execute("SELECT rowid, field, value FROM choice")
        }
        (last,) = connection.execute("SELECT ifnull(max(rowid), 0) FROM entry").fetchone()
        self._last: int = last
        self._waiting: list[tuple[int, int, int, Entry]] = []

    def add(self, repository: int, unit: int, entries: Iterable[Entry]) -> None:
        """Write the entries of a unit; what doesn't fill a batch waits for more, or for `flush`.

        :param repository: the row of its repository
        :param unit: its own row
        """
        for entry in entries:
            self._last += 1
            self._waiting.append((self._last, repository, unit, entry))
            if len(self._waiting) == BATCH:
                self.flush()

    def flush(self) -> None:
        """Write what waits to be written."""
        batch, self._waiting = self._waiting, []
        numbered = [(rowid, entry) for rowid, _, _, entry in batch]
        run = self.connection.executemany
        run(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(rowid, unit, entry.id, entry.name, repository),
                    *(self._choice(field, entry.texts_of(field)) for field in FIELDS),
                    entry.download_size,
                )
                for rowid, repository, unit, entry in batch
            ],
        )
        run(
            "INSERT INTO facts VALUES (?, ?)",
            [(rowid, facts_of(entry)) for rowid, entry in numbered],
        )
        run(
            "INSERT OR IGNORE INTO alias VALUES (?, ?)",
            [(alias, rowid) for rowid, entry in numbered for alias in entry.aliases],
        )
        run(
            "INSERT INTO words (rowid, id, name, description, tags, tasks, axes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(rowid, *word_columns(entry)) for rowid, entry in numbered],
        )
        run(
            "INSERT INTO grams (rowid, text) VALUES (?, ?)",
            [(rowid, gram_text(entry)) for rowid, entry in numbered],
        )

    def remove(self, condition: str, *parameters: Any) -> None:
        """Remove the entries for which an expression of SQL holds."""
        self.flush()
        found = self.connection.execute(f"SELECT rowid FROM entry WHERE {condition}", parameters)
        rowids = iter(found.fetchall())
        while batch := list(islice(rowids, BATCH)):
            rows = (
                self.connection.execute(f"{SELECT} WHERE entry.rowid = ?", rowid).fetchone()
                for rowid in batch
            )
            self._remove_batch([(row[0], entry_of(row)) for row in rows])

    def _remove_batch(self, numbered: list[tuple[int, Entry]]) -> None:
        run = self.connection.executemany
        run(
            "INSERT INTO words (words, rowid, id, name, description, tags, tasks, axes) "
            "VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)",
            [(rowid, *word_columns(entry)) for rowid, entry in numbered],
        )
        run(
            "INSERT INTO grams (grams, rowid, text) VALUES ('delete', ?, ?)",
            [(rowid, gram_text(entry)) for rowid, entry in numbered],
        )
        for table, column in (("facts", "rowid"), ("alias", "entry"), ("entry", "rowid")):
            run(f"DELETE FROM {table} WHERE {column} = ?", [(rowid,) for rowid, _ in numbered])

    def _choice(self, field: str, values: tuple[str, ...]) -> int:
        if (field, values) not in self._choices:
            cursor = self.connection.execute(
                "INSERT INTO choice (field, value) VALUES (?, ?)", [field, json.dumps(values)]
            )
            assert cursor.lastrowid is not None
            self._choices[field, values] = cursor.lastrowid
        return self._choices[field, values]


def word_columns(entry: Entry) -> Iterator[str]:
    """Give the words of an entry, as the table of words has them in its columns."""
    return (" ".join(words(text)) for text in (entry.id, entry.name, *entry.texts))


def gram_text(entry: Entry) -> str:
    """Give the text of an entry in which parts of words are found."""
    return f"{folded(entry.id)}\n{folded(entry.name)}"
