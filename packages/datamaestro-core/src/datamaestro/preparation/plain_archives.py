"""Unpacking archives whose bytes are known, with the standard library alone."""

from __future__ import annotations

import fnmatch
import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from datamaestro.download.derivation import Unpacked
from datamaestro.files import remove
from datamaestro.utils import CHUNK_SIZE

__all__ = ["copy_member", "unpack"]


def unpack(archive: Path, destination: Path, selection: Unpacked) -> None:
    """Unpack a zip or tar into a folder that doesn't exist yet.

    :raises LookupError: if nothing is selected
    """
    whole = destination.with_name(f".{destination.name}.whole")
    remove(whole)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            names = [name for name in zipped.namelist() if _is_wanted(name, selection)]
            zipped.extractall(whole, names)
    else:
        with tarfile.open(archive) as tar:
            members = [item for item in tar.getmembers() if _is_wanted(item.name, selection)]
            tar.extractall(whole, members, filter="data")
    top = whole / selection.subpath
    if not top.is_dir():
        raise LookupError(f"it holds nothing below {selection.subpath!r}")
    inside = list(top.iterdir())
    if selection.unwrap and len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink():
        (top,) = inside
    top.rename(destination)
    remove(whole)


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
                raise LookupError(f"{wanted!r} is no file")
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
