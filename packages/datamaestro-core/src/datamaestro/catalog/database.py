"""The database of the index: its tables, and how it is opened and put in place.

A finished database is never written to again. A newer one is made beside it, from a
copy, and renamed into its place: so readers need no lock (which network file systems
don't have, or not reliably), never see half of anything, and need no right to write.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

__all__ = ["FORMAT", "can_index", "closed_on_error", "copied", "open_database", "renewed"]

FORMAT = 6
"""Changes with the tables, and with what is put into them."""

ABANDONED = 3600.0
"""Seconds after which nobody is still writing to a database that has no name yet."""

SCHEMA = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE repository (
    rowid INTEGER PRIMARY KEY, id TEXT UNIQUE, declared TEXT, plugin TEXT, description TEXT,
    package TEXT, shared TEXT, error TEXT
);
CREATE TABLE unit (
    rowid INTEGER PRIMARY KEY, repository INTEGER, module TEXT, stamp TEXT, error TEXT,
    UNIQUE (repository, module)
);
CREATE TABLE watched (repository INTEGER, path BLOB, time INTEGER, size INTEGER);
CREATE TABLE choice (rowid INTEGER PRIMARY KEY, field TEXT, value TEXT, UNIQUE (field, value));
CREATE TABLE entry (
    rowid INTEGER PRIMARY KEY, unit INTEGER, id TEXT, name TEXT,
    repository INTEGER, tags INTEGER, tasks INTEGER, types INTEGER, licence INTEGER,
    languages INTEGER, download_size INTEGER
);
CREATE INDEX entry_id ON entry (id);
CREATE INDEX entry_unit ON entry (unit);
CREATE TABLE facts (rowid INTEGER PRIMARY KEY, json TEXT);
CREATE TABLE alias (alias TEXT, entry INTEGER, PRIMARY KEY (alias, entry)) WITHOUT ROWID;
CREATE INDEX alias_entry ON alias (entry);
CREATE VIRTUAL TABLE words USING fts5 (
    id, name, description, tags, tasks, axes, content='', tokenize='ascii'
);
CREATE VIRTUAL TABLE grams USING fts5 (
    text, content='', detail=none, columnsize=0, tokenize='trigram case_sensitive 1'
);
"""
"""A ``unit`` is what is read, and replaced, as a whole: a module of definitions, or what a
repository has beside its modules. ``shared`` and ``stamp`` tell from which files it was
read, as they were; ``watched`` has all these, and the folders where others may appear, as bytes,
since a path need not be text.
``choice`` holds each combination of values once, such as the tags of a dataset:
an expression is matched with the combinations, which are few, and not with every dataset.
``words`` has texts that are split into words already (see `datamaestro.catalog.words`),
and ``grams`` finds what may have a text in its id or name; both keep no texts.
"""


def can_index() -> bool:
    """Tell whether this interpreter's SQLite has what the tables need."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(SCHEMA)
    except sqlite3.OperationalError:
        return False
    else:
        return True
    finally:
        connection.close()


def open_database(path: Path) -> sqlite3.Connection | None:
    """Open a finished database; None if there is none, or it is another version's or damaged."""
    try:
        connection = sqlite3.connect(
            f"{_uri(path)}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
    except (sqlite3.Error, ValueError):
        return None
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == FORMAT:
            return connection
    except sqlite3.Error:
        pass
    connection.close()
    return None


def _uri(path: Path) -> str:
    """Give the URI of an absolute path; its own method imports urllib.request in Python 3.14."""
    text = quote(os.fsencode(path.as_posix()), safe="/:")
    return f"file://{text}" if text.startswith("/") else f"file:///{text}"


def copied(old: sqlite3.Connection | None, path: str) -> sqlite3.Connection:
    """Make a database at `path` to be filled: a copy of another, or an empty one.

    :raises sqlite3.Error: if that can't be done
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with closed_on_error(connection):
        # Nobody else sees it before it is complete, so nothing has to be undone.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        if old is None:
            connection.executescript(SCHEMA)
        else:
            old.backup(connection)
    return connection


@contextmanager
def closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Close a connection when the block raises."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextmanager
def renewed(path: Path, old: sqlite3.Connection | None) -> Iterator[sqlite3.Connection]:
    """Give a database to fill, which is put in place at the end.

    :param old: the database to copy, closed before the replacement: Windows replaces no open file
    :raises OSError: if the folder can't be used
    :raises sqlite3.Error: if the database can't be written
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        connection = copied(old, str(beside))
        try:
            if old is not None:
                old.close()
            yield connection
        finally:
            connection.close()
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()


def _remove_leftovers(path: Path) -> None:
    """Remove what processes have left that were killed while they renewed a database."""
    from datamaestro.disk.files import LEFTOVER  # few searches renew it

    for found in path.parent.glob(f".{path.name}.*"):
        with suppress(OSError):
            if LEFTOVER.fullmatch(found.name) and time.time() - found.stat().st_mtime > ABANDONED:
                found.unlink()
