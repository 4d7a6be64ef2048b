"""How what a handler makes follows from its downloads, to be made without the handler too.

A lock file keeps it: with the kernel alone, the same bytes come from the same downloads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import Any

__all__ = ["Derivation", "Joined", "Member", "Unpacked", "derivation_of", "path_inside"]


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

    :param subpath: the folder of the archive that is wanted, or ``""`` for all; see
        :func:`path_inside`
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


def path_inside(name: str) -> str:
    """Give the path that something has in an archive, below the archive's own folder.

    :param name: as the archive has it, or whoever asks for it
    :return: the path with single slashes, and no dots; ``""`` for the archive's own folder
    :raises ValueError: if it leads out of that folder, on this system or on another

    >>> path_inside("./train//images/")
    'train/images'
    """
    on_windows = PureWindowsPath(name)
    if on_windows.anchor or ".." in on_windows.parts:
        raise ValueError(f"{name!r} leads out of the folder")
    return "/".join(part for part in name.split("/") if part not in ("", "."))
