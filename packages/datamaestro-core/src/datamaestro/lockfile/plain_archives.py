"""Unpacking archives whose bytes are known, with the standard library alone."""

from __future__ import annotations

import fnmatch
import shutil
from pathlib import Path
from typing import IO, BinaryIO

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.disk.files import remove
from datamaestro.disk.names import rename
from datamaestro.download.derivation import Unpacked, path_inside
from datamaestro.lockfile.plain_members import Member, members

__all__ = ["copy_member", "unpack"]


def unpack(archive: Path, destination: Path, selection: Unpacked) -> None:
    """Unpack a zip or tar into a folder that doesn't exist yet.

    :raises LookupError: if nothing is selected, or that is more than files and folders
    :raises ValueError: if something leads out of the folder
    :raises OSError: if a member can't be where it should, as another one is there
    """
    subpath, files = path_inside(selection.subpath), tuple(map(path_inside, selection.files))
    whole = destination.with_name(f".{destination.name}.whole")
    remove(whole)
    whole.mkdir()
    found = not subpath and not files
    for member in members(archive):
        if _is_wanted(member.path, subpath, files):
            found = True
            _unpack(member, whole)
    top = whole / subpath
    if not found or not top.is_dir():
        raise LookupError(f"it holds nothing below {subpath!r} that is selected")
    inside = list(top.iterdir())
    if selection.unwrap and len(inside) == 1 and inside[0].is_dir():
        (top,) = inside
    rename(top, destination)
    remove(whole)


def _unpack(member: Member, folder: Path) -> None:
    """Unpack a file or folder, wherever the archive was made."""
    place = folder / member.path
    if member.is_folder:
        place.mkdir(parents=True, exist_ok=True)
        return
    with _opened(member, "is neither a file nor a folder") as content:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(0o777 if member.executable else 0o666, exist_ok=False)
        with place.open("wb") as file:
            shutil.copyfileobj(content, file, CHUNK_SIZE)


def copy_member(archive: Path, wanted: str, file: BinaryIO) -> None:
    """Write a file of a zip or tar to an open file.

    :raises LookupError: if there is none of that name
    :raises ValueError: if something leads out of the folder
    """
    path = path_inside(wanted)
    found = False
    for member in members(archive):
        if member.path == path and not found:
            found = True
            with _opened(member, "isn't a file") as content:
                shutil.copyfileobj(content, file, CHUNK_SIZE)
    if not found:
        raise LookupError(f"it holds no {wanted!r}")


def _opened(member: Member, otherwise: str) -> IO[bytes]:
    content = None if member.is_folder else member.open()
    if content is None:
        raise LookupError(f"{member.path!r} {otherwise}")
    return content


def _is_wanted(path: str, subpath: str, files: tuple[str, ...]) -> bool:
    if subpath and not f"{path}/".startswith(f"{subpath}/"):
        return False
    return not files or any(_matches(path, wanted) for wanted in files)


def _matches(path: str, wanted: str) -> bool:
    """Tell whether a file or folder, or a glob, is that path or a folder above it."""
    return f"{path}/".startswith(f"{wanted}/") or fnmatch.fnmatchcase(path, wanted)
