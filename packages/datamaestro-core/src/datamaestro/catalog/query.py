"""Conditions as SQL: what they are made of, for the database of the index."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.catalog.on_disk import is_prepared
from datamaestro.catalog.rows import SELECT, entry_of
from datamaestro.catalog.words import grams
from datamaestro.dataset_folders import dataset_folders
from datamaestro.errors import DatamaestroError

if TYPE_CHECKING:
    from datamaestro.catalog.entry import Entry

__all__ = ["Query", "quoted"]


class Query:
    """Writes the parts of one query, and keeps what they need to run.

    :param connection: the database, which no other query uses
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.parameters: list[Any] = []
        self.failure: DatamaestroError | None = None
        self._functions = 0

    # --- what conditions are made of: each gives an expression of SQL

    def field(self, field: str, holds: Callable[[str], bool]) -> str:
        """Tell for which entries something holds for one of the values of a field."""
        known = functools.cache(holds)  # many combinations have the same values
        rows = self.connection.execute("SELECT rowid, value FROM choice WHERE field = ?", [field])
        return _one_of(
            f"entry.{field}", [rowid for rowid, value in rows if any(map(known, json.loads(value)))]
        )

    def repository(self, holds: Callable[[str], bool]) -> str:
        """Tell for which entries something holds for the id of the repository."""
        rows = self.connection.execute("SELECT rowid, id FROM repository")
        return _one_of("entry.repository", [rowid for rowid, name in rows if holds(name)])

    def id_or_name(self, pieces: Iterable[str], holds: Callable[[str, str], bool]) -> str:
        """Tell for which entries something holds for the id and the name.

        :param pieces: what the folded id or name certainly has in it then
        """
        test = f"{self._function(holds, 2)}(entry.id, entry.name)"
        required = grams(pieces)
        if not required:
            return test
        match = self._parameter(" AND ".join(map(quoted, required)))
        return f"(entry.rowid IN (SELECT rowid FROM grams WHERE grams MATCH {match}) AND {test})"

    def words(self, words: list[str], *, beginning: bool) -> str:
        """Tell which entries have words one after the other outside the id and name.

        :param beginning: whether the last needs only to begin like that
        """
        if not words:
            return "0"
        phrase = quoted(" ".join(words)) + ("*" if beginning else "")
        match = self._parameter(f"{{description tags tasks axes}} : {phrase}")
        return f"entry.rowid IN (SELECT rowid FROM words WHERE words MATCH {match})"

    def download_size(self, comparison: str, size: int) -> str:
        """Compare the number of bytes that are downloaded."""
        # No comparison holds for what isn't known: with NULL, neither would its contrary.
        return f"ifnull(entry.download_size {comparison} {self._parameter(size)}, 0)"

    def prepared(self, datapaths: Iterable[Path]) -> str:
        """Tell which entries have their data in one of some folders of prepared datasets."""
        found: set[int] = set()
        for datapath in datapaths:
            for folder in filter(lambda folder: folder.has_state, dataset_folders(datapath)):
                # If the folder is that of a variant, whose name may have dots.
                family = folder.name.removesuffix(f".{folder.path.name}")
                rows = self.connection.execute(
                    f"{SELECT} WHERE entry.id IN (?, ?) AND repository.id = ?",
                    [folder.name, family, folder.repository],
                )
                found.update(row[0] for row in rows if is_prepared(entry_of(row), datapath))
        return _one_of("entry.rowid", sorted(found))

    def entry(self, holds: Callable[[Entry], bool]) -> str:
        """Tell for which entries something holds that only Python can tell."""

        def test(rowid: int) -> bool:
            (row,) = self.connection.execute(f"{SELECT} WHERE entry.rowid = ?", [rowid])
            return holds(entry_of(row))

        return f"{self._function(test, 1)}(entry.rowid)"

    def score(self, words: list[str]) -> str:
        """Tell how well entries fit some words: the better the less, and infinite if not at all.

        All are scored at once: in a join, SQLite may do so once for each entry.
        """
        match = " OR ".join(f"{quoted(word)}*" for word in dict.fromkeys(words))
        scores: dict[int, float] = dict(
            self.connection.execute(
                "SELECT rowid, bm25(words, 8, 4, 1, 2, 2, 2) FROM words WHERE words MATCH ?",
                [match],
            )
        )
        return f"{self._function(lambda rowid: scores.get(rowid, inf), 1)}(entry.rowid)"

    def order(self, key: Callable[[str, str], Any]) -> str:
        """Order by what Python makes of the id and the name."""
        return f"{self._function(key, 2)}(entry.id, entry.name)"

    # --- running it

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Run a statement that was made from these parts, and give its rows one by one.

        :raises QueryError: if a condition does
        """
        try:
            parameters = {f"p{number}": value for number, value in enumerate(self.parameters)}
            yield from self.connection.execute(sql, parameters)
        except sqlite3.OperationalError:
            if self.failure is not None:
                raise self.failure from None
            raise

    def _parameter(self, value: Any) -> str:
        self.parameters.append(value)
        return f":p{len(self.parameters) - 1}"

    def _function(self, function: Callable[..., Any], arguments: int) -> str:
        """Make a function known to SQL; an error that it raises is kept, since SQL loses it."""

        def guarded(*values: Any) -> Any:
            try:
                return function(*values)
            except DatamaestroError as error:
                self.failure = error
                raise

        self._functions += 1
        name = f"condition_{self._functions}"
        self.connection.create_function(name, arguments, guarded, deterministic=True)
        return name


def _one_of(column: str, rows: list[int]) -> str:
    return f"{column} IN ({', '.join(map(str, rows))})"


def quoted(text: str) -> str:
    """Give a text as a query of full-text search has it."""
    return '"' + text.replace('"', '""') + '"'
