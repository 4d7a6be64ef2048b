"""The notes of the cache: where downloads come from, and how far partial ones are."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import NamedTuple

from datamaestro.disk.documents import read_json
from datamaestro.disk.files import persistently, write_atomically
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.urls import shown

__all__ = ["Note", "Origin", "origin", "read_note", "received_bytes", "write_note"]


class Note(NamedTuple):
    """What is known about a partial download; it stays when that is whole.

    :param file: the name of the partial file
    :param url: what is transferred, so that it can be recognized, and no secret be read from it
    :param validator: what identified the content at the server, if it told
    :param size: the number of bytes of the whole, if the server told
    :param flushed: how many of its bytes are certainly on disk
    :param boot: identifies the start of the machine that has the rest; empty if none has it
    """

    file: str
    url: str
    validator: str | None
    size: int | None
    flushed: int = 0
    boot: str | None = ""


class Origin(NamedTuple):
    """Where a whole download came from.

    :param url: the URL, without what is secret in it
    :param validator: what identified the content there, if the server told
    :param size: its number of bytes, if the server told
    """

    url: str
    validator: str | None
    size: int | None


def read_note(entry: CacheEntry) -> Note | None:
    """Give the note of an entry; None if there is none, or something else was written there."""
    with suppress(OSError, ValueError, TypeError):
        note = Note(**read_json(entry.note))
        if _is_valid(note) and entry.has_partial(note.file):
            return note
    return None


def write_note(entry: CacheEntry, note: Note) -> None:
    """Write the note of an entry durably.

    :raises DataDirectoryError: if the disk is full
    """
    text = json.dumps(note._asdict()) + "\n"
    persistently(lambda: write_atomically(entry.note, text))


def origin(entry: CacheEntry) -> Origin | None:
    """Give where a whole download came from, if that is noted."""
    note = read_note(entry)
    return None if note is None else Origin(shown(note.url), note.validator, note.size)


def received_bytes(entry: CacheEntry) -> int:
    """Give how many bytes of a download are there, whole or to be gone on from."""
    note = read_note(entry)
    for path in (entry.whole, *([] if note is None else [entry.folder / note.file])):
        with suppress(OSError):
            return path.stat().st_size
    return 0


def _is_valid(note: Note) -> bool:
    texts = isinstance(note.file, str) and isinstance(note.url, str)
    sizes = isinstance(note.size, int | None) and isinstance(note.flushed, int)
    return texts and sizes and isinstance(note.validator, str | None)
