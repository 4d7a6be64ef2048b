"""A text that is open for random access: its bytes and its index, both mapped."""

from __future__ import annotations

import contextlib
import glob
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from mmap import mmap
from pathlib import Path
from typing import BinaryIO, cast
from zlib import crc32

from datamaestro.data.gzipped import decompressing, is_gzip
from datamaestro.errors import DataDirectoryError, DataFormatError
from datamaestro.utils import CHUNK_SIZE
from datamaestro_format_text.index import Index, KeyReader, Stamp, build_index, read_index
from datamaestro_format_text.storage import (
    map_file,
    map_open_file,
    places,
    save,
    save_first,
    stamp_of,
    stamp_of_open,
)

__all__ = ["Reader", "StaleIndexError", "decompressed", "make_reader", "open_reader", "open_text"]

BOM = b"\xef\xbb\xbf"
LINE_END = ord("\n")


class StaleIndexError(DataFormatError):
    """A text is no longer what its index was made from."""


@dataclass(frozen=True)
class Reader:
    """Lines by number, and numbers by id.

    :param path: the file that the user named
    :param text: the bytes of the text
    :param index: where its lines are
    :param key_of: what gives the id of a line; None if the index has no ids
    """

    path: Path
    text: mmap | bytes
    index: Index
    key_of: KeyReader | None

    def line(self, number: int) -> bytes:
        """Give a line, with its end; numbers count from 0.

        :raises StaleIndexError: if there is no line there
        """
        starts = self.index.starts
        start = starts[number]
        line = self.text[start : starts[number + 1]]
        if not self._is_line(start, line):
            raise self._stale()
        return line

    def find(self, key: bytes) -> tuple[int, bytes] | None:
        """Give number and bytes of the first line that has an id, or None.

        :raises StaleIndexError: if the lines that could have it aren't there
        """
        # Written out, with as few calls as can be: half of the time of a look-up.
        index, text, key_of = self.index, self.text, self.key_of
        if key_of is None:
            return None
        starts, buckets = index.starts, index.buckets
        bucket = crc32(key) >> index.shift
        for number in index.rows[buckets[bucket] : buckets[bucket + 1]]:
            start = starts[number]
            line = text[start : starts[number + 1]]
            try:
                found = key_of(line)
            except ValueError as error:  # each had an id
                raise self._stale() from error
            if found == key:
                ends = line.find(b"\n") + 1 == len(line)
                if (ends and start and text[start - 1] == LINE_END) or self._is_line(start, line):
                    return number, line
            if found == key or crc32(found) >> index.shift != bucket:
                raise self._stale()
        return None

    def _is_line(self, start: int, line: bytes) -> bool:
        """Tell whether what the index takes for a line is a whole one; the last needs no end."""
        text = self.text
        return len(line) == (line.find(b"\n") + 1 or len(text) - start) and (
            start == self.index.starts[0] or text[start - 1] == LINE_END
        )

    def _stale(self) -> StaleIndexError:
        return StaleIndexError("the file changes while it is read", where=self.path)


@contextmanager
def open_text(path: Path, header_lines: int = 0) -> Iterator[BinaryIO]:
    """Open a text, plain or under gzip (recognized by its content), after its header.

    A UTF-8 byte order mark is skipped.

    :param header_lines: how many lines to skip
    :raises DataFormatError: in the block, if the bytes aren't sound gzip data
    """
    with _open(path) as file:
        if not is_gzip(file):
            _skip(file, header_lines)
            yield file
            return
        with _decompressing(file, path) as text:
            _skip(text, header_lines)
            yield text


def _open(path: Path) -> BinaryIO:
    return path.open("rb", buffering=CHUNK_SIZE)


@contextmanager
def _decompressing(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    with decompressing(file, path) as content, io.BufferedReader(content, CHUNK_SIZE) as plain:
        yield plain


def _skip(file: BinaryIO, header_lines: int) -> None:
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    for _ in range(header_lines):
        file.readline()


def open_reader(path: Path, *, header_lines: int, suffix: str, key_of: KeyReader | None) -> Reader:
    """Open a text for random access; its index is made if there is none, or a stale one.

    A text under gzip is decompressed once, to a file beside its index; see `decompressed`.

    :param suffix: tells indexes of one file apart
    :param key_of: gives the id of a line
    :raises DataFormatError: if the file is damaged
    :raises LineError: if a line has no id
    :raises DataDirectoryError: if a text under gzip can't be decompressed anywhere
    """
    stamp = stamp_of(path)
    stored = _open_stored(path, stamp, places(path, f"{suffix}.index"), key_of)
    if stored is not None and stamp_of(path) == stamp:
        return stored
    return make_reader(path, header_lines=header_lines, suffix=suffix, key_of=key_of)


def make_reader(path: Path, *, header_lines: int, suffix: str, key_of: KeyReader | None) -> Reader:
    """Make the index of a text, whether there is one or not, and open both.

    Parameters and errors are those of `open_reader`.
    """
    stamp = stamp_of(path)
    packed = _is_gzip(path)
    with decompressed(path, stamp) if packed else _open(path) as lines:
        text = _map_text(lines, path)
        _skip(lines, header_lines)
        content = build_index(lines, lines.tell(), stamp, len(text), key_of)
        if not packed:
            _check_stamp(lines, stamp, path)
    saved = save(places(path, f"{suffix}.index"), content)
    # What was saved is mapped, unless another process replaced it by that of a
    # later state of the file, or nothing could be saved.
    index = _stored(saved, stamp, len(text)) or read_index(memoryview(content), stamp)
    if index is None or stamp_of(path) != stamp:
        raise _changing(path)
    return Reader(path, text, index, key_of)


def _open_stored(
    path: Path, stamp: Stamp, candidates: list[Path], key_of: KeyReader | None
) -> Reader | None:
    """Map text and index that are there; None if one of them is missing or damaged."""
    plains = places(path, _plain_suffix(stamp)) if _is_gzip(path) else [path]
    for plain in plains:
        text = map_file(plain)
        index = None if text is None else _stored(candidates, stamp, len(text))
        if text is not None and index is not None:
            return Reader(path, text, index, key_of)
    return None


def _stored(candidates: list[Path], stamp: Stamp, text_size: int) -> Index | None:
    for candidate in candidates:
        content = map_file(candidate)
        index = None if content is None else read_index(memoryview(content), stamp)
        if index is not None and index.text_size == text_size:
            return index
    return None


def _map_text(file: BinaryIO, path: Path) -> mmap | bytes:
    try:
        return map_open_file(file)
    except OSError as error:
        raise DataFormatError(
            "the file can't be mapped into memory", where=path, found=error
        ) from error


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return is_gzip(file)


def _check_stamp(file: BinaryIO, stamp: Stamp, path: Path) -> None:
    """Refuse what was made from another state of the file than it would be named after.

    :raises DataFormatError: if the open file has another stamp
    """
    if stamp_of_open(file) != stamp:
        raise _changing(path)


def _changing(path: Path) -> DataFormatError:
    return DataFormatError("the file changes while it is read", where=path)


def _plain_suffix(stamp: Stamp) -> str:
    """Name the plain copy after the state of the file that it was made from."""
    return f"{stamp.size:x}-{stamp.modified:x}-{stamp.ends[:8].hex()}.text"


def decompressed(path: Path, stamp: Stamp) -> BinaryIO:
    """Decompress a file to where indexes are kept, and remove the copies of other states.

    Where nothing can be kept, the copy has no name, and goes with the last reader of it.

    :param stamp: of the file, in its state that the copy is named after
    :return: the copy, open and at its beginning
    :raises DataFormatError: if the file is in another state, or no sound gzip data
    :raises DataDirectoryError: if there is room for it nowhere
    """
    suffix = _plain_suffix(stamp)
    write = partial(_decompress, path, stamp)
    try:
        place = save_first(places(path, suffix), write)
    except DataDirectoryError as refused:
        return _nameless(path, write, refused)
    beginning = place.name.removesuffix(suffix)
    for stale in place.parent.glob(f"{glob.escape(beginning)}*.text"):
        # Those of a file whose name only begins alike have another dot.
        if stale != place and stale.name.count(".") == place.name.count("."):
            with contextlib.suppress(OSError):  # mapped by another process, on Windows
                stale.unlink()
    return _open(place)


def _decompress(path: Path, stamp: Stamp, target: BinaryIO) -> None:
    with _open(path) as file:
        with _decompressing(file, path) as content:
            shutil.copyfileobj(content, target, CHUNK_SIZE)
        _check_stamp(file, stamp, path)


def _nameless(
    path: Path, write: Callable[[BinaryIO], object], refused: DataDirectoryError
) -> BinaryIO:
    """Write a file that is gone once nobody has it open or mapped any more.

    :param refused: why it can't have a name
    """
    from tempfile import TemporaryFile

    with contextlib.ExitStack() as opened:
        try:
            temporary = opened.enter_context(TemporaryFile(buffering=CHUNK_SIZE))
            file = cast("BinaryIO", temporary)
            write(file)
            file.seek(0)
        except OSError as error:
            raise DataDirectoryError(
                "a text under gzip can be decompressed nowhere",
                where=path,
                expected=f"{refused.expected}, or among temporary files",
                found=error,
                hint="TMPDIR can name a folder with more room for temporary files",
            ) from error
        opened.pop_all()
    return file
