"""How what a handler makes follows from its downloads, to be made without the handler too.

A lock file keeps it: with the kernel alone, the same bytes come from the same downloads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Derivation", "Joined", "Member", "Unpacked", "derivation_of"]


@dataclass(frozen=True)
class Joined:
    """A file: the downloads one after the other, each decompressed.

    :param compressions: how each is compressed: ``gzip``, ``bzip2``, ``xz``,
        ``Zstandard``, or ``""`` for one that stays as it comes
    """

    compressions: tuple[str, ...]
    kind: str = field(default="joined", init=False)


@dataclass(frozen=True)
class Unpacked:
    """A folder: what a zip or tar holds, which is the only download.

    :param subpath: the folder of the archive that is wanted, or ``""`` for all
    :param files: names of files, of folders with all below them, or globs: those wanted
        alone; all if it is empty
    :param unwrap: whether a single top folder gives way to what is in it
    """

    subpath: str = ""
    files: tuple[str, ...] = ()
    unwrap: bool = True
    kind: str = field(default="unpacked", init=False)


@dataclass(frozen=True)
class Member:
    """A file of a zip or tar, which is the only download.

    :param member: its name there
    """

    member: str
    kind: str = field(default="member", init=False)


Derivation = Joined | Unpacked | Member


def derivation_of(table: Mapping[str, Any]) -> Derivation:
    """Give the derivation that a table of plain data tells.

    :raises KeyError: if it is of an unknown kind
    :raises TypeError: if it has other fields than that kind
    """
    kinds: dict[str, Callable[..., Derivation]] = {
        each.kind: each for each in (Joined, Unpacked, Member)
    }
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in table.items()
        if name != "kind"
    }
    return kinds[table["kind"]](**fields)
