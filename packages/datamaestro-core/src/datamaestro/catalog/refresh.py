"""Bringing the index up to date: only what changed is read again."""

from __future__ import annotations

import gc
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from datamaestro.catalog.build import Writer
from datamaestro.catalog.declared import declarations
from datamaestro.catalog.entry import Entry
from datamaestro.catalog.modules import Files, entries_of, files_of, undeclared_entries
from datamaestro.catalog.rows import watched_of
from datamaestro.disk.freshness import NEVER, Stamp, settled, stamp, unchanged
from datamaestro.errors import DatamaestroError, PluginError
from datamaestro.plugins.installed import plugin_files, search_path

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.plugins.descriptors import RepositorySpec
    from datamaestro.plugins.provided import Provided
    from datamaestro.repository import Repository

__all__ = ["Watched", "refresh"]

Watched = dict[str, Stamp]
"""Files and folders, as they were."""

KERNEL = ("build", "database", "describe", "entry", "rows", "words")
"""The modules that make and write entries: when one changes, all entries are made again."""

PATIENCE = 1_000_000
"""New objects between two looks for garbage: a look costs about 10 ms for each 100,000."""


class _Unit(NamedTuple):
    row: int
    stamp: str
    error: str | None

    def is_as(self, seen: Watched) -> bool:
        """Tell whether it was read from files as they are now, and could be."""
        return not self.error and bool(self.stamp) and self.stamp == _text(seen)


def refresh(connection: sqlite3.Connection, context: Context) -> Watched:
    """Make a database tell what the repositories of a context declare.

    :param connection: a copy of an earlier one, or an empty one
    :return: all that it depends on, as it was
    """
    connection.execute("BEGIN")
    update = _Update(connection, context)
    with _seldom_collected():
        update.run()
    connection.execute("COMMIT")
    return update.watched


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Collect garbage less often: what is imported stays, and was looked through in vain."""
    first, *others = gc.get_threshold()
    if first == PATIENCE:  # as another thread has set it, which sets it back
        yield
        return
    gc.set_threshold(PATIENCE, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


class _Update:
    """One refresh."""

    def __init__(self, connection: sqlite3.Connection, context: Context) -> None:
        self.connection = connection
        self.context = context
        self.writer = Writer(connection)
        self.watched: Watched = {}

    def run(self) -> None:
        wanted = declarations(self.context)
        kernel = [str(Path(__file__).with_name(f"{name}.py")) for name in KERNEL]
        same_kernel = self._unchanged(0)
        if not same_kernel:
            self._watch(0, {path: stamp(path) for path in kernel})
        for name, row, declared in self._rows("SELECT id, rowid, declared FROM repository"):
            if not same_kernel or wanted.get(name) != declared:
                self._forget(row)
        known = dict(self._rows("SELECT id, rowid FROM repository"))
        for name, declared in wanted.items():
            if name not in known:
                self._renew(name, self._declare(name, declared))
            elif not self._unchanged(known[name]):
                self._renew(name, known[name])
        self.writer.flush()

    # --- repositories

    def _declare(self, name: str, declared: str) -> int:
        _, _, description, *plugin = json.loads(declared)[0]
        cursor = self.connection.execute(
            "INSERT INTO repository (id, declared, plugin, description) VALUES (?, ?, ?, ?)",
            (name, declared, json.dumps(plugin), description),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _renew(self, name: str, row: int) -> None:
        """Read again what changed of a repository."""
        try:
            repository = self.context.installed_repository(name)
            files = self._files_of(repository)
        except PluginError as error:
            self._leave_out(name, row, error)
            return
        self._run(
            "UPDATE repository SET description = ?, package = ?, error = NULL WHERE rowid = ?",
            *(repository.description, repository.configpackage, row),
        )
        shared = _text(files.others)
        (before,) = self._rows("SELECT shared FROM repository WHERE rowid = ?", row)
        if not shared or before != (shared,):
            self._remove_units(self._units(row).values())
            self._run("UPDATE repository SET shared = ? WHERE rowid = ?", shared, row)
        stamps = {module: {path: seen} for module, (path, seen) in files.modules.items()}
        broken = self._renew_units(repository, row, {"": {}, **stamps})
        watched = {path: seen for item in stamps.values() for path, seen in item.items()}
        self._watch(row, {**files.folders, **files.others, **watched}, broken=broken)

    def _files_of(self, repository: Repository) -> Files:
        """Look at a repository's files, some of which its plugin names.

        :raises PluginError: if that fails
        """
        (provided, *_) = self._provided(repository.id)
        message = f"the files of the repository {repository.id!r} can't be told"
        with self.context.plugins.blamed(provided.plugin, message):
            return files_of(repository)

    def _provided(self, name: str) -> list[Provided[RepositorySpec]]:
        return [item for item in self.context.plugins.repositories if item.spec.id == name]

    def _leave_out(self, name: str, row: int, error: PluginError) -> None:
        """Keep why a repository can't be used."""
        self._remove_units(self._units(row).values())
        provided = self._provided(name)
        known = {item.plugin: item.warning for item in self.context.plugins.broken}
        warning = known.get(provided[0].plugin, str(error))
        self._run("UPDATE repository SET error = ? WHERE rowid = ?", _line(warning), row)
        targets = [item.spec.target for item in provided]
        self._watch(row, plugin_files(targets), broken=True)

    def _forget(self, row: int) -> None:
        self._remove_units(self._units(row).values())
        self._run("DELETE FROM watched WHERE repository = ?", row)
        self._run("DELETE FROM repository WHERE rowid = ?", row)

    # --- units

    def _units(self, row: int) -> dict[str, _Unit]:
        rows = self._rows("SELECT module, rowid, stamp, error FROM unit WHERE repository = ?", row)
        return {module: _Unit(*unit) for module, *unit in rows}

    def _renew_units(self, repository: Repository, row: int, wanted: dict[str, Watched]) -> bool:
        """Read the units that aren't as they were; tell whether one of all is broken."""
        known = self._units(row)
        outdated = [
            unit
            for module, unit in known.items()
            if module not in wanted or not unit.is_as(wanted[module])
        ]
        self._remove_units(outdated)
        gone = {unit.row for unit in outdated}
        ((last,),) = self._rows("SELECT ifnull(max(rowid), 0) FROM unit")
        new = [name for name in wanted if name not in known or known[name].row in gone]
        read = [
            (unit, row, module, _text(wanted[module]), self._read(repository, row, unit, module))
            for unit, module in enumerate(new, last + 1)
        ]
        self.connection.executemany("INSERT INTO unit VALUES (?, ?, ?, ?, ?)", read)
        return any(error is not None for *_, error in read)

    def _read(self, repository: Repository, row: int, unit: int, module: str) -> str | None:
        """Read a unit, and tell what of it is left out and why, one line each."""
        entries: Iterable[Entry]
        errors: list[DatamaestroError] = []
        try:
            if module:
                entries, errors = entries_of(repository, module)
            else:
                entries = undeclared_entries(repository)
            self.writer.add(row, unit, entries)
        except DatamaestroError as error:
            self.writer.remove("unit = ?", unit)
            errors = [error]
        lines = (f"left out of repository {repository.id}: {error}" for error in errors)
        return "\n".join(map(_line, lines)) or None

    def _remove_units(self, units: Iterable[_Unit]) -> None:
        for unit in units:
            self.writer.remove("unit = ?", unit.row)
            self._run("DELETE FROM unit WHERE rowid = ?", unit.row)

    # --- what it depends on

    def _unchanged(self, row: int) -> bool:
        """Tell whether what a repository depends on is as it was, and if so keep that in mind."""
        rows = self._rows("SELECT path, time, size FROM watched WHERE repository = ?", row)
        seen = watched_of(rows)
        same = bool(seen) and unchanged(seen)
        if same:
            self.watched.update(seen)
        return same

    def _watch(self, row: int, seen: Watched, *, broken: bool = False) -> None:
        """Keep what a repository depends on.

        What is broken may work once something else is installed.
        """
        if broken:
            seen = {**seen, **search_path()}
        self.watched.update(seen)
        self._run("DELETE FROM watched WHERE repository = ?", row)
        self.connection.executemany(
            "INSERT INTO watched VALUES (?, ?, ?, ?)",
            [
                (row, os.fsencode(path), *(settled(item) or (None, None)))
                for path, item in seen.items()
            ],
        )

    # --- SQL

    def _rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def _run(self, sql: str, *parameters: Any) -> None:
        self.connection.execute(sql, parameters)


def _line(message: str) -> str:
    """Give a message in one line, and without what isn't text, as a path in it may have."""
    return " ".join(message.split()).encode(errors="backslashreplace").decode()


def _text(seen: Watched) -> str:
    """Give files as they are as text to compare; empty while one of them isn't at rest."""
    at_rest = [(path, settled(item)) for path, item in seen.items()]
    moving = any(item == NEVER for _, item in at_rest)
    return "" if moving else "\n".join(f"{path!a} {item}" for path, item in at_rest)
