"""Partial files: what an interrupted transfer leaves, for another to go on from.

Every transfer has a partial file of its own, ``<hash>.<random>.part``, which it takes over
from an interrupted one by renaming it: of several processes that try, one succeeds. The
note about it, ``<hash>.json``, tells its name, its URL, what identified the content at the
server, and the size. It stays as long as the download, when that is whole.

After a loss of power a file may have its length, and zeros in it that never got to the disk. So
all of it is flushed before it gets another name, and the note tells how much was meanwhile, and
since when the machine has been running whose memory may have had the rest.

A file holds bytes of one version only, each at its place. So even where locks fail, and a
file is taken from a process that still writes to it, both write the same bytes to the same
places; the one that finds its file gone at its end starts over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datamaestro.disk.files import remove
from datamaestro.disk.flushing import boot, flush_file
from datamaestro.disk.names import rename
from datamaestro.disk.refusals import check_space, is_too_long
from datamaestro.disk.sharing import share
from datamaestro.download.transport import Response
from datamaestro.errors import DataDirectoryError
from datamaestro.transfer.cache_entry import CacheEntry
from datamaestro.transfer.growing_file import GrowingFile
from datamaestro.transfer.notes import Note, read_note, write_note
from datamaestro.transfer.target import Resumable, StartOver
from datamaestro.urls import recognizable

__all__ = ["Partial"]


class Partial:
    """The partial file of one transfer.

    :param entry: the download's entry in the cache
    :param url: what is transferred
    """

    def __init__(self, entry: CacheEntry, url: str) -> None:
        self.path = entry.new_partial()
        self.folder = entry.folder
        self._entry = entry
        self._url = recognizable(url)
        self._note: Note | None = None
        self._earlier: Path | None = None

    def take_over(self) -> None:
        """Take what an interrupted transfer of the same URL left; leave what is of no use."""
        note = read_note(self._entry)
        if note is None:
            return
        self._earlier = self.folder / note.file
        if note.url != self._url or note.validator is None:
            return
        with suppress(FileNotFoundError):
            rename(self._earlier, self.path)
            try:
                self._continue(note, self._earlier)
            except (OSError, DataDirectoryError):  # a full disk: keep it for better times
                rename(self.path, self._earlier)
                raise

    def _continue(self, note: Note, left: Path) -> None:
        """Make what was taken over fit to be written to, and note that it is this transfer's."""
        if not os.access(self.path, os.W_OK):  # a colleague's, to be read and not written
            shutil.copyfile(self.path, left)
            flush_file(left)  # the note says so of what it copies
            rename(left, self.path)
            share(self.path)
        if note.boot != boot():
            _cut_off(self.path, note.flushed)
            # It stays so: where locks fail, the other machine may still write behind that.
            note = note._replace(boot="")
        self._write_note(note._replace(file=self.path.name))

    def resumable(self) -> Resumable:
        """Give what is there of the URL's content."""
        note = self._note
        if note is not None and note.validator:
            with suppress(OSError):
                length = self.path.stat().st_size
                if note.size is None or length <= note.size:
                    # No range begins behind the end: of a whole file, ask for the last byte again.
                    whole = length == note.size and length > 0
                    return Resumable(length - whole, note.validator, note.size)
        return Resumable()

    def begin(self, response: Response) -> None:
        """Begin an empty file, and note durably what is about to be written to it.

        :raises StartOver: as :meth:`open`
        """
        if self._earlier is not None:
            remove(self._earlier)
        # Another file, and not this one emptied: a slower process may still write to it.
        remove(self.path)
        with self._unless_taken():
            self.path.touch(exist_ok=False)
            share(self.path)
        validator, size = response.validator, response.size
        self._write_note(Note(self.path.name, self._url, validator, size, boot=boot()))

    def check_room(self, count: int) -> None:
        """Check that there is room for `count` further bytes.

        :raises DataDirectoryError: if there isn't
        """
        check_space(self.folder, count, "to download")

    def open(self) -> GrowingFile:
        """Open the file, to read what is there and write what comes; it is flushed at the end.

        :raises StartOver: if another process has taken it
        """
        with self._unless_taken():
            return GrowingFile(self.path, self._flushed, self._note_flushed)

    @property
    def _flushed(self) -> int:
        return 0 if self._note is None else self._note.flushed

    def _note_flushed(self, count: int) -> None:
        if self._note is not None:
            self._write_note(self._note._replace(flushed=count))

    def finish(self, destination: Path) -> None:
        """Give the file, which is whole and flushed, another name; the note stays, with its size.

        :raises StartOver: as :meth:`open`
        """
        with self._unless_taken():
            size = self.path.stat().st_size
            if self._note is not None and self._note.size is None:
                self._write_note(self._note._replace(size=size))
            rename(self.path, destination)

    @contextmanager
    def _unless_taken(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if is_too_long(error):
                raise
            raise StartOver(f"{self.path} was taken by another process") from error

    def remove(self) -> None:
        """Remove the file and the note; that stays while there are rejected bytes of it."""
        remove(self.path)
        note = read_note(self._entry)
        own = note is None or note.file == self.path.name
        if own and not self._entry.rejected.exists():
            remove(self._entry.note)

    def _write_note(self, note: Note) -> None:
        write_note(self._entry, note)
        self._note = note


def _cut_off(path: Path, length: int) -> None:
    if length < path.stat().st_size:
        os.truncate(path, length)
