"""Where indexes are kept: beside the text, or else in the user's cache.

Files appear whole (written beside, then moved), so that any number of processes may
make the same one at once: the last wins, and all are alike.
"""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

from datamaestro.disk.sharing import share
from datamaestro.disk.sidecars import sidecar
from datamaestro.errors import DataDirectoryError, SettingsError
from datamaestro.variables import user_cache
from datamaestro_format_text.index import Stamp

__all__ = [
    "map_file",
    "map_open_file",
    "places",
    "save",
    "save_first",
    "stamp_of",
    "stamp_of_open",
]

SAMPLE = 1 << 16
"""How much of either end of a file tells whether it has changed: 0.1 ms, once for an object."""


def stamp_of(path: Path) -> Stamp:
    """Give the stamp of a file, which tells whether it has changed."""
    with path.open("rb") as file:
        return stamp_of_open(file)


def stamp_of_open(file: BinaryIO) -> Stamp:
    """Give the stamp of an open file, whatever lies at its path by now."""
    status = os.fstat(file.fileno())
    file.seek(0)
    ends = hashlib.sha256(file.read(SAMPLE))
    file.seek(max(file.tell(), status.st_size - SAMPLE))
    ends.update(file.read(SAMPLE))
    return Stamp(status.st_size, status.st_mtime_ns, ends.digest())


def places(source: Path, suffix: str) -> list[Path]:
    """Give the paths where something about a file may be kept, the preferred first."""
    whole = source.resolve()
    found = [sidecar(whole, suffix)]
    with contextlib.suppress(SettingsError):  # without a home there is no cache
        digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
        found.append(user_cache() / "text" / f"{digest}.{suffix}")
    return found


def map_file(path: Path) -> mmap | bytes | None:
    """Map a file into memory, read-only; None if there is none that can be."""
    try:
        with path.open("rb") as file:
            return map_open_file(file)
    except OSError:
        return None


def map_open_file(file: BinaryIO) -> mmap | bytes:
    """Map an open file into memory, read-only; the map stays when the file is closed.

    :raises OSError: if it can't be mapped, as a pipe
    """
    if not os.fstat(file.fileno()).st_size:
        return b""  # which can't be mapped
    return mmap(file.fileno(), 0, access=ACCESS_READ)


def save(candidates: list[Path], content: bytes) -> list[Path]:
    """Write a file at the first of some places that allows it, if any, and give that one."""
    try:
        return [save_first(candidates, lambda file: file.write(content))]
    except DataDirectoryError:
        return []


def save_first(candidates: list[Path], write: Callable[[BinaryIO], object]) -> Path:
    """Write a file, which appears whole, at the first of some places that has room for it.

    :param write: writes the content, for each place anew
    :return: that place
    :raises DataDirectoryError: if there is none
    """
    refused: OSError | None = None
    for path in candidates:
        try:
            if path is not candidates[0]:
                path.parent.mkdir(parents=True, exist_ok=True)
            _save(path, write)
        except OSError as error:
            refused = error
        else:
            return path
    raise DataDirectoryError(
        "no index can be written",
        expected=f"a place in one of {', '.join(str(path.parent) for path in candidates)}",
        found=refused,
    ) from refused


def _save(path: Path, write: Callable[[BinaryIO], object]) -> None:
    # Not after the path, which may be as long as a name can be. What is left of a process
    # that was killed is removed by its name: see `datamaestro.disk.files.LEFTOVER`.
    beside = path.with_name(f".index.{os.urandom(4).hex()}.tmp")
    with contextlib.suppress(FileNotFoundError):
        path.lstat()  # another error if the name is too long
    try:
        with beside.open("xb", buffering=1 << 20) as file:
            share(beside)
            write(file)
        _put(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _put(beside: Path, path: Path) -> None:
    """Rename a file, unless the other is in use, or a colleague's, and has the same content.

    Windows replaces nothing that a process maps, and no system replaces a colleague's file in a
    folder where each may remove only their own.
    """
    try:
        beside.replace(path)
    except PermissionError:
        if not (path.is_file() and filecmp.cmp(beside, path, shallow=False)):
            raise
