"""A quick look at a central directory that has nothing unusual in it.

Most zips hold files with plain names in the order of their data, and no more. Whether
one is of that kind is seen by a few operations on all entries at once, each a loop in C:
20,000 entries take some 12 ms, where a look at each takes 60. Entries are made when they
are asked for. What isn't certainly of that kind gets the thorough look of `zip_entries`,
which also knows what to say about it; so nothing is judged here.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import add, sub

from datamaestro_download_archive.plain_names import folders_above, plain_texts
from datamaestro_download_archive.zip_entry import UNICODE_PATH, ZipEntry

__all__ = ["PlainDirectory", "look_quickly"]

_SIGNATURE = b"PK\x01\x02"
_REST = struct.Struct("<xB2x2H4x3LH6x2x2L")  # what follows the signature
_LOCAL_SIZE = 30
_UNICODE_PATH = re.compile(rb"%b(?!%b)..\x01" % (UNICODE_PATH, _SIGNATURE), re.DOTALL)
"""What begins the field with another name: its kind, not at an entry's end, size, version 1."""

_ALL_ONES = b"\xff\xff\xff\xff"  # a size or an offset that is kept elsewhere
_FOLDER, _FILES = 0x4, (0x0, 0x8)  # the highest bits of a mode; no mode is a file's


class PlainDirectory(Mapping[str, ZipEntry]):
    """Entries by their names, made when they are asked for.

    :param parts: the directory's bytes for each, by name
    :param folders: the names that are folders'
    :param offsets: where their local headers begin, in order
    :param end: where the data of the last one have to end
    :param shift: what offsets, but not `end`, have to be raised by
    """

    def __init__(
        self,
        parts: dict[str, bytes],
        folders: frozenset[str],
        offsets: Sequence[int],
        end: int,
        shift: int,
    ) -> None:
        self._parts = parts
        self._folders = folders
        self._offsets = offsets
        self._end = end
        self._shift = shift

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __getitem__(self, name: str) -> ZipEntry:
        part = self._parts[name]
        entry = ZipEntry()
        entry.name = name
        entry.is_folder = name in self._folders
        (
            entry.system,
            entry.flags,
            entry.method,
            entry.crc,
            entry.packed,
            entry.size,
            name_size,
            entry.attributes,
            offset,
        ) = _REST.unpack_from(part)
        entry.raw_name = part[_REST.size : _REST.size + name_size]
        entry.offset = offset + self._shift
        following = bisect_right(self._offsets, offset)
        entry.limit = (
            self._offsets[following] + self._shift if following < len(self._offsets) else self._end
        )
        return entry

    def files(self) -> PlainDirectory:
        """Give the entries that aren't folders."""
        if not self._folders:
            return self
        parts = {name: part for name, part in self._parts.items() if name not in self._folders}
        return PlainDirectory(parts, frozenset(), self._offsets, self._end, self._shift)


def look_quickly(data: bytes, shift: int, end: int, count: int) -> PlainDirectory | None:
    """Read a central directory, if there is nothing unusual in it.

    :param data: the directory
    :param shift: what offsets have to be raised by
    :param end: where data of entries have to end
    :param count: how many entries there have to be
    :return: None if a thorough look is needed
    """
    parts = data.split(_SIGNATURE)
    if parts.pop(0) or len(parts) != count or not parts:
        return None
    columns = _Columns.of(parts)
    if columns is None or not columns.add_up(parts) or not columns.lie_apart(end - shift):
        return None
    if columns.have_extras and _UNICODE_PATH.search(data):
        return None
    start = _REST.size
    sized_parts = zip(parts, columns.name_sizes, strict=True)
    names = b"\n".join([part[start : start + size] for part, size in sized_parts])
    texts = plain_texts(names, len(parts))
    if texts is None:
        return None
    folders = []
    if b"/\n" in names or names.endswith(b"/"):
        folders = [at for at, name in enumerate(names.split(b"\n")) if name.endswith(b"/")]
    if not columns.are_folders(folders):
        return None
    by_name = dict(zip(texts, parts, strict=True))
    folder_names = frozenset(texts[at] for at in folders)
    if len(by_name) != len(parts):
        return None
    if not all(by_name.keys() & folders <= folder_names for folders in folders_above(texts)):
        return None
    return PlainDirectory(by_name, folder_names, columns.offsets, end, shift)


class _Columns:
    """The numbers of all entries, a row for each kind: half the cost of a tuple for each entry.

    :param joined: 28 bytes of each entry: two of the CRC, both sizes, three lengths, the
        part of the zip, and from the 20th on, a multiple of four, attributes and offset
    """

    def __init__(self, joined: bytes) -> None:
        halves = _numbers("H", joined)
        even, late = _numbers("I", joined), _numbers("I", joined[2:] + b"\0\0")
        self.packed, self.sizes = late[0::7], late[1::7]
        self.name_sizes, self.offsets = halves[5::14], even[6::7]
        self.extra_sizes, self.comment_sizes = halves[6::14], halves[7::14]
        self.have_extras = any(self.extra_sizes)
        self.zip_parts = halves[8::14]
        self.modes = joined[23::28]  # the highest byte of the attributes

    @classmethod
    def of(cls, parts: list[bytes]) -> _Columns | None:
        """Read the numbers, if all are there, and none is kept elsewhere.

        :param parts: the directory's bytes for each entry, without the signature
        """
        joined = b"".join([part[14:42] for part in parts])
        if len(joined) != 28 * len(parts) or _ALL_ONES in joined:
            return None
        columns = cls(joined)
        return None if any(columns.zip_parts) else columns

    def add_up(self, parts: list[bytes]) -> bool:
        """Tell whether lengths are right, and no signature lies within an entry."""
        sizes = map(add, self.name_sizes, repeat(_REST.size))
        if self.have_extras or any(self.comment_sizes):
            sizes = map(add, sizes, map(add, self.extra_sizes, self.comment_sizes))
        return list(sizes) == list(map(len, parts))

    def lie_apart(self, end: int) -> bool:
        """Tell whether the data of each entry end before the next one, and the last at `end`."""
        rooms = map(sub, chain(self.offsets[1:], (end,)), self.offsets)
        least: int = min(map(sub, map(sub, rooms, self.packed), self.name_sizes))
        return least >= _LOCAL_SIZE

    def are_folders(self, numbers: list[int]) -> bool:
        """Tell whether these entries are empty folders, and all others files, by their modes."""
        if {mode >> 4 for mode in set(self.modes)} - {*_FILES, _FOLDER}:
            return False
        modes = bytes(self.modes[number] for number in numbers)
        return _count_folders(modes) == _count_folders(self.modes) and not any(
            self.sizes[number] for number in numbers
        )


def _count_folders(modes: bytes) -> int:
    return sum(map(modes.count, range(_FOLDER << 4, (_FOLDER + 1) << 4)))


def _numbers(code: str, data: bytes) -> array[int]:
    """Read little-endian numbers of one size."""
    numbers = array(code, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
