"""A look at many member names at once: whether none needs a closer one, and their folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import itemgetter

__all__ = [
    "LONGEST_PART",
    "WINDOWS",
    "are_all_plain",
    "folders_above",
    "parents",
    "plain_texts",
    "with_folders",
]

LONGEST_PART = 255
"""Bytes of one part of a name, in UTF-8: what ext4, APFS, NTFS and XFS hold at the most."""

WINDOWS = os.name == "nt"

_ORDINARY_BYTES = bytes(set(range(32, 127)) - set(b"\\:"))
_ENDS_TO_DOTS = bytes.maketrans(b"/\n", b"..")


def are_all_plain(names: list[bytes]) -> bool:
    """Tell quickly whether all names are certainly safe: ASCII, and nothing unusual."""
    return plain_texts(b"\n".join(names), len(names)) is not None


def plain_texts(names: bytes, count: int) -> list[str] | None:
    """Give names without the slash that ends those of folders, if all are certainly safe.

    A few scans over all of them take a hundredth of what a look at each would.

    :param names: a newline between two of them
    :param count: how many they are
    :return: None if one may be unsafe, or has to be changed
    """
    lines = names + b"\n"
    if WINDOWS or lines.translate(None, _ORDINARY_BYTES) != b"\n" * count:
        return None
    lines = lines.replace(b"/\n", b"\n")
    # No part is empty, begins with a dot or holds two if no two of these meet. (Parts
    # that end with a dot are safe, and so seldom that they may be looked at closely.)
    if b".." in b"." + lines.translate(_ENDS_TO_DOTS):
        return None
    texts = lines[:-1].decode("ascii").split("\n")
    return texts if max(map(len, texts)) <= LONGEST_PART else None


def parents(names: Iterable[str]) -> set[str]:
    """Give the folders that names lie in; "" is that of all."""
    return set(map(itemgetter(0), map(str.rpartition, names, repeat("/"))))  # loops in C


def folders_above(names: Iterable[str]) -> Iterator[set[str]]:
    """Give the folders that names lie in, then those that these lie in, and so on.

    A folder is given at each height that it has above one of the names. Keeping all of them
    would take a hundred times the memory of names that lie deep.
    """
    below = names
    while folders := parents(below):
        folders.discard("")
        yield folders
        below = folders


def with_folders(names: Iterable[str]) -> set[str]:
    """Give the names, and those of all folders above them."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
    return found
