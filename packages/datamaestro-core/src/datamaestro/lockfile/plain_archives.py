"""Unpacking archives whose bytes are known, with the standard library alone."""

from __future__ import annotations

import fnmatch
import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.disk.files import remove
from datamaestro.disk.names import rename
from datamaestro.download.derivation import Unpacked, path_inside

__all__ = ["copy_member", "unpack"]


def unpack(archive: Path, destination: Path, selection: Unpacked) -> None:
    """Unpack a zip or tar into a folder that doesn't exist yet.

    :raises LookupError: if nothing is selected, or that of a tar is more than files and folders
    :raises ValueError: if something leads out of the folder
    """
    subpath = path_inside(selection.subpath)
    whole = destination.with_name(f".{destination.name}.whole")
    remove(whole)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            names = [name for name in zipped.namelist() if _is_wanted(name, selection)]
            zipped.extractall(whole, names)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                if _is_wanted(member.name, selection):
                    _unpack(tar, member, whole)
    top = whole / subpath
    if not top.is_dir():
        raise LookupError(f"it holds nothing below {subpath!r} that is selected")
    inside = list(top.iterdir())
    if selection.unwrap and len(inside) == 1 and inside[0].is_dir():
        (top,) = inside
    rename(top, destination)
    remove(whole)


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack a file or folder, wherever the tar was made and whatever this Python's filters are."""
    place = folder / path_inside(member.name)
    opened = tar.extractfile(member) if member.isreg() else None
    if opened is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(0o777 if member.mode & 0o100 else 0o666, exist_ok=False)
        with opened, place.open("wb") as file:
            shutil.copyfileobj(opened, file, CHUNK_SIZE)
    elif member.isdir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        raise LookupError(f"{member.name!r} is neither a file nor a folder")


def copy_member(archive: Path, wanted: str, file: BinaryIO) -> None:
    """Write a file of a zip or tar to an open file.

    :raises LookupError: if there is none of that name
    """
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            name = _found(wanted, zipped.namelist())
            with zipped.open(name) as member:
                shutil.copyfileobj(member, file, CHUNK_SIZE)
    else:
        with tarfile.open(archive) as tar:
            opened = tar.extractfile(_found(wanted, tar.getnames()))
            if opened is None:
                raise LookupError(f"{wanted!r} isn't a file")
            shutil.copyfileobj(opened, file, CHUNK_SIZE)


def _found(wanted: str, names: list[str]) -> str:
    for name in names:
        if _plain(name) == _plain(wanted):
            return name
    raise LookupError(f"it holds no {wanted!r}")


def _is_wanted(name: str, selection: Unpacked) -> bool:
    path = _plain(name)
    if selection.subpath and not path.startswith(f"{_plain(selection.subpath)}/"):
        return False
    return not selection.files or any(_matches(path, wanted) for wanted in selection.files)


def _matches(path: str, wanted: str) -> bool:
    """Tell whether a file or folder, or a glob, is that path or a folder above it."""
    return f"{path}/".startswith(f"{_plain(wanted)}/") or fnmatch.fnmatchcase(path, _plain(wanted))


def _plain(name: str) -> str:
    return PurePosixPath(name).as_posix()
