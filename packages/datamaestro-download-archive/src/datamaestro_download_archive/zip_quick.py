"""A quick look at a central directory that has nothing unusual in it.

Most zips hold files with plain names in the order of their data, and no more. Whether
one is of that kind is seen by a few operations on all entries at once, each a loop in C:
20,000 entries take some 9 ms, where a look at each takes 60. Entries are made when they
are asked for. What isn't certainly of that kind gets the thorough look of `zip_entries`,
which also knows what to say about it; so nothing is judged here.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from operator import add, sub

from datamaestro_download_archive.plain_names import are_all_plain
from datamaestro_download_archive.zip_entry import ZipEntry

__all__ = ["PlainDirectory", "look_quickly"]

_SIGNATURE = b"PK\x01\x02"
_REST = struct.Struct("<xB2x2H4x3LH6x2x2L")  # what follows the signature
_LOCAL_SIZE = 30
_ALL_ONES = b"\xff\xff\xff\xff"  # a size or an offset that is kept elsewhere
_FOLDER, _FILES = 0x4, (0x0, 0x8)  # the highest bits of a mode; no mode is a file's


class PlainDirectory(Mapping[str, ZipEntry]):
    """Entries by their names, made when they are asked for.

    :param numbers: their numbers by their names
    :param folders: the names that are folders'
    :param parts: the directory's bytes for each
    :param offsets: where their local headers begin, and at the end, where all data ends
    """

    def __init__(
        self,
        numbers: dict[str, int],
        folders: frozenset[str],
        parts: Sequence[bytes],
        offsets: Sequence[int],
    ) -> None:
        self._numbers = numbers
        self._folders = folders
        self._parts = parts
        self._offsets = offsets

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __contains__(self, name: object) -> bool:
        return name in self._numbers

    def __getitem__(self, name: str) -> ZipEntry:
        number = self._numbers[name]
        part = self._parts[number]
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
            _,
        ) = _REST.unpack_from(part)
        entry.raw_name = part[_REST.size : _REST.size + name_size]
        entry.offset = self._offsets[number]
        entry.limit = self._offsets[number + 1]
        return entry

    def files(self) -> PlainDirectory:
        """Give the entries that aren't folders."""
        if not self._folders:
            return self
        numbers = {name: at for name, at in self._numbers.items() if name not in self._folders}
        return PlainDirectory(numbers, frozenset(), self._parts, self._offsets)


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
    lengths = list(map(len, parts))
    if min(lengths) <= _REST.size:
        return None
    columns = _Columns(parts)
    # Where a signature lies within an entry, or lengths are wrong, this doesn't add up.
    totals = map(add, map(add, columns.name_sizes, columns.extra_sizes), columns.comment_sizes)
    if list(map(add, totals, repeat(_REST.size))) != lengths or columns.have_unusual_values:
        return None
    start = _REST.size
    names = [
        part[start : start + size] for part, size in zip(parts, columns.name_sizes, strict=True)
    ]
    named = _plain_names(names, columns)
    if named is None:
        return None
    offsets = [*map(add, columns.offsets, repeat(shift)), end]
    rooms = map(sub, offsets[1:], offsets)
    taken = map(add, columns.name_sizes, columns.packed)
    if min(map(sub, rooms, taken)) < _LOCAL_SIZE:
        return None
    return PlainDirectory(*named, parts, offsets)


class _Columns:
    """The numbers of all entries, a row for each kind: half the cost of a tuple for each entry.

    :param parts: the directory's bytes for each entry, without the signature
    """

    def __init__(self, parts: list[bytes]) -> None:
        # 28 bytes of each: two of the CRC, both sizes, three lengths, the part of the zip,
        # and from the 20th on, which is a multiple of four, attributes and offset.
        joined = b"".join([part[14:42] for part in parts])
        halves = _numbers("H", joined)
        sizes = _numbers("I", joined[2:] + b"\0\0")
        rest = _numbers("I", joined)
        self.packed, self.sizes = sizes[0::7], sizes[1::7]
        self.name_sizes, self.extra_sizes = halves[5::14], halves[6::14]
        self.comment_sizes = halves[7::14]
        self.offsets = rest[6::7]
        self.modes = joined[23::28]  # the highest byte of the attributes
        self.have_unusual_values = any(halves[8::14]) or _ALL_ONES in joined


def _numbers(code: str, data: bytes) -> array[int]:
    """Read little-endian numbers of one size."""
    numbers = array(code, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _plain_names(
    names: list[bytes], columns: _Columns
) -> tuple[dict[str, int], frozenset[str]] | None:
    """Give the entries' numbers by name, and the names of folders, if all are plain."""
    if not are_all_plain(names):
        return None
    text = b"\n".join(names) + b"\n"
    folders = [at for at, name in enumerate(names) if name[-1:] == b"/"] if b"/\n" in text else []
    if any(columns.sizes[at] for at in folders) or not _fit(columns.modes, folders):
        return None
    texts = text.replace(b"/\n", b"\n").decode("ascii").split("\n")
    texts.pop()
    numbers = dict(zip(texts, range(len(texts)), strict=True))
    if len(numbers) != len(texts):
        return None
    parents = _ancestors({text.rpartition("/")[0] for text in texts})
    folder_names = frozenset(texts[at] for at in folders)
    return None if (numbers.keys() & parents) - folder_names else (numbers, folder_names)


def _fit(modes: bytes, folders: list[int]) -> bool:
    """Tell whether all are modes of files and folders, and no folder's name is a file's."""
    return (
        {mode >> 4 for mode in set(modes)} <= {*_FILES, _FOLDER}
        and _count_folders(modes) == _count_folders(bytes(modes[at] for at in folders))
    )


def _count_folders(modes: bytes) -> int:
    return sum(map(modes.count, range(_FOLDER << 4, (_FOLDER + 1) << 4)))


def _ancestors(names: set[str]) -> set[str]:
    """Give the names, and those of all folders above them."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
    return found
