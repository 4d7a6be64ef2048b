"""The index: everything that is declared, in a database that is never out of date."""

from __future__ import annotations

import sqlite3
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from datamaestro.catalog.database import (
    can_index,
    closed_on_error,
    copied,
    open_database,
    renewed,
)
from datamaestro.catalog.entry import Entry, Named
from datamaestro.catalog.query import Query, quoted
from datamaestro.catalog.ranking import rank
from datamaestro.catalog.rows import COLUMNS, SELECT, TABLES, entry_of, watched_of
from datamaestro.catalog.words import folded, grams
from datamaestro.disk.freshness import Stamp, unchanged

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.search import Condition

__all__ = ["Index", "IndexedDataset"]

FILE = "catalog.sqlite"
BATCH = 500
"""How many entries are read at once."""

GRAMS = 100
"""How many parts of an id that isn't known are looked for; SQLite takes 500 at once."""

SIMILAR = 1000
"""How many ids are compared with one that isn't known."""


class IndexedDataset(NamedTuple):
    """A dataset, and where it is declared.

    :param repository: the id of the repository
    :param module: the module of definitions; None if it is declared in none
    :param on_path: whether the id that was asked for leads there
    :param entry: what is known about it
    """

    repository: str
    module: str | None
    on_path: bool
    entry: Entry


class Index:
    """A database that was found to be up to date, or was made so.

    :param connection: the database; it's closed when nothing uses the index any more
    :param watched: all that it depends on, as it was
    :param path: the database's file; None if it is in memory alone
    """

    def __init__(
        self, connection: sqlite3.Connection, watched: dict[str, Stamp], path: Path | None = None
    ) -> None:
        self.connection = connection
        self._watched = watched
        self._path = path
        self._lock = threading.Lock()
        weakref.finalize(self, connection.close)

    @classmethod
    def opened(cls, folder: Path, declared: dict[str, str]) -> Index | None:
        """Open the index in a folder; None if it is out of date, damaged, or not there.

        :param declared: how the plugins declare the repositories
        """
        path = folder / FILE
        connection = open_database(path)
        if connection is None:
            return None
        try:
            rows = connection.execute("SELECT id, declared FROM repository")
            if dict(rows) == declared:
                watched = watched_of(connection.execute("SELECT path, time, size FROM watched"))
                index = cls(connection, watched, path)
                if watched and index.is_current():
                    return index
        except (sqlite3.Error, ValueError):
            pass
        connection.close()
        return None

    @classmethod
    def made(cls, folder: Path, context: Context, *, afresh: bool = False) -> Index | None:
        """Bring the index in a folder up to date; where that can't be written, in memory.

        None if this interpreter's SQLite can't hold one.

        :param afresh: whether what lies in the folder is damaged, and not to be used
        """
        from datamaestro.catalog.refresh import refresh

        if not can_index():
            return None
        path = folder / FILE
        old = None if afresh else open_database(path)
        try:
            with renewed(path, old) as connection:
                watched = refresh(connection, context)
            made = open_database(path)
            if made is not None:
                return cls(made, watched, path)
        except sqlite3.Error:
            if old is not None:  # it may be the one that is damaged
                old.close()
                return cls.made(folder, context, afresh=True)
        except OSError:
            pass
        finally:
            if old is not None:
                old.close()
        connection = copied(None, ":memory:")
        with closed_on_error(connection):
            return cls(connection, refresh(connection, context))

    def close(self) -> None:
        """Give up the database: whoever asks it from now on is told that it's closed."""
        with self._lock:
            self.connection.close()

    def is_current(self) -> bool:
        """Tell whether all that it depends on is as it was."""
        return unchanged(self._watched)

    def warnings(self) -> list[str]:
        """Give what had to be left out, and why, one line each."""
        rows = self._rows("SELECT error FROM repository WHERE error IS NOT NULL")
        return [*(text for (text,) in rows), *self.broken_units()]

    def broken_units(self) -> list[str]:
        """Give what had to be left out of repositories that work otherwise, and why."""
        rows = self._rows("SELECT error FROM unit WHERE error IS NOT NULL")
        return [line for (text,) in rows for line in text.splitlines()]

    def repositories(self) -> list[tuple[str, str]]:
        """Give the id and the description of the repositories that work."""
        return self._rows("SELECT id, description FROM repository WHERE error IS NULL ORDER BY id")

    def ids(self) -> list[str]:
        """Give all dataset ids, in alphabetical order."""
        return [name for (name,) in self._rows("SELECT id FROM entry ORDER BY id")]

    def has_broken_modules(self) -> bool:
        """Tell whether something of a module had to be left out."""
        broken = "SELECT 1 FROM unit WHERE error IS NOT NULL AND module != '' LIMIT 1"
        return bool(self._rows(broken))

    def _rows(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Ask the connection that threads share, one at a time and for all rows at once.

        Two that ask the same at once could get each other's rows.
        """
        with self._lock:
            return self.connection.execute(sql, parameters).fetchall()

    # --- datasets

    def datasets(self, name: str, repository: str | None = None) -> list[IndexedDataset]:
        """Give where a dataset was declared, by its id or an alias.

        :param repository: the id of the repository that it must be in, if one was named
        """
        rows = self._rows(
            f"""SELECT {COLUMNS}, unit.module, repository.package
            FROM {TABLES} JOIN unit ON unit.rowid = entry.unit
            WHERE entry.id = :name
            OR entry.rowid IN (SELECT entry FROM alias WHERE alias = :name)
            ORDER BY repository.id, length(unit.module) DESC, entry.rowid""",
            {"name": name},
        )
        found = []
        for *row, module, package in rows:
            entry = entry_of(tuple(row))
            if repository in (None, entry.repository):
                assert entry.repository is not None
                on_path = bool(module) and _leads(name, module.removeprefix(package).lstrip("."))
                found.append(IndexedDataset(entry.repository, module or None, on_path, entry))
        return found

    def search(self, condition: Condition | None, limit: int | None = None) -> Iterator[Entry]:
        """Give the entries that a condition holds for, the best first; without one, all.

        :raises QueryError: if a regular expression takes too long
        """
        with self._own_connection() as connection:
            found = _found(connection, "entry.rowid", condition, limit)
            rowids = iter([rowid for (rowid,) in found])
            while batch := list(islice(rowids, BATCH)):
                several = ", ".join(map(str, batch))
                rows = connection.execute(f"{SELECT} WHERE entry.rowid IN ({several})")
                entries = {row[0]: entry_of(row) for row in rows}
                yield from (entries[rowid] for rowid in batch)

    def names(self, condition: Condition | None, limit: int | None = None) -> Iterator[Named]:
        """Give what is shown of the entries that :meth:`search` gives; raises as that."""
        with self._own_connection() as connection:
            for row in _found(connection, "entry.id, repository.id, entry.name", condition, limit):
                yield Named(*row)

    @contextmanager
    def _own_connection(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one query, which calls functions of Python.

        On a connection that threads share, one that runs such a query waits for Python's
        lock, and another that has this lock waits for the connection: for ever.

        :raises sqlite3.DatabaseError: if the database isn't there any more
        """
        if self._path is None:
            with self._lock:
                own: sqlite3.Connection | None = copied(self.connection, ":memory:")
        else:
            own = open_database(self._path)
        if own is None:
            raise sqlite3.DatabaseError(f"{self._path} is gone")
        with closing(own):
            yield own

    def similar_ids(self, name: str) -> list[str]:
        """Give ids, among them those that look most like another one.

        They have parts of its last component, and are a thousand at the most, or two.
        """
        sought = grams([folded(name.rpartition(".")[2])]) or grams([folded(name)])
        sought = sought[:GRAMS]
        parts = " UNION ALL ".join(["SELECT rowid FROM grams WHERE grams MATCH ?"] * len(sought))
        found = []
        if sought:
            found = self._rows(
                "SELECT entry.id FROM (SELECT rowid AS hit, count(*) AS common "
                f"FROM ({parts}) GROUP BY rowid ORDER BY common DESC LIMIT {SIMILAR}) "
                "JOIN entry ON entry.rowid = hit",
                [quoted(gram) for gram in sought],
            )
        if len(found) < SIMILAR:
            found += self._rows(f"SELECT id FROM entry LIMIT {SIMILAR}")
        return [text for (text,) in found]

    def vocabulary(self, beginning: str) -> list[str]:
        """Give all words of the texts that begin with some characters."""
        self._rows(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, row)"
        )
        rows = self._rows(
            "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ?",
            [beginning, beginning + chr(sys.maxunicode)],
        )
        return [term for (term,) in rows]


def _found(
    connection: sqlite3.Connection, columns: str, condition: Condition | None, limit: int | None
) -> Iterator[tuple[Any, ...]]:
    """Give some columns of the entries that a condition holds for, the best first."""
    query = Query(connection)
    where = "1" if condition is None else condition.sql(query)
    order = "entry.id"
    if sought := [] if condition is None else condition.ranked_words():
        order = f"{query.order(rank(sought))}, {query.score(sought)}, entry.id"
    return query.rows(
        f"SELECT {columns} FROM entry JOIN repository ON repository.rowid = entry.repository "
        f"WHERE {where} ORDER BY {order}, entry.rowid "
        f"LIMIT {-1 if limit is None else int(limit)}"
    )


def _leads(name: str, module: str) -> bool:
    """Tell whether a dataset id leads to a module, whose name begins below the definitions."""
    path = name.replace("-", "_")
    return not module or f"{path}.".startswith(f"{module}.")
