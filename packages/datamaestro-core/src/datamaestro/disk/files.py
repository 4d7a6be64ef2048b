"""Files and folders: the few operations that must never leave half a thing behind."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from datamaestro.disk.flushing import flush_descriptor
from datamaestro.disk.names import is_in_use, remove_folder, rename, unlink
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder, permissions_after, share
from datamaestro.disk.walking import walk
from datamaestro.errors import DataDirectoryError

__all__ = [
    "LEFTOVER",
    "children",
    "discard",
    "discarding",
    "is_there",
    "move_into_place",
    "persistently",
    "remove",
    "replacing",
    "size_on_disk",
    "write_atomically",
]

logger = logging.getLogger(__name__)

LEFTOVER = re.compile(r"\..+\.[0-9a-f]{8}\.(?:tmp|old)")
"""The names of what only a process that was killed leaves: see `replacing`, `move_into_place`."""

_TRIES = 4

_RENAME_EXCHANGE = 2
_HERE = -100
"""The constants of renameat2(2); the first is also that of renamex_np(2)."""


@contextmanager
def replacing(path: Path, scratch: Path | None = None) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path`, in one step, when the block ends.

    A reader sees the old content or the new, whatever happens; an error leaves the
    old. A new file gets the permissions that the mask allows, and the group of its folder;
    an existing one keeps its own, and if it is another user's, becomes the group's where
    colleagues share the folder. A link stays one.

    :param scratch: where the file is until then, on the same file system; by default
        beside `path`
    """
    path = path.resolve()
    # Not tempfile: its files are private to the user, whatever the mask allows.
    beside = (scratch or path.parent) / f".{path.name}.{os.urandom(4).hex()}.tmp"
    try:
        with beside.open("xb") as file:
            share(beside)
            if path.exists():  # before anything is in it, which may be a secret
                beside.chmod(permissions_after(path, beside))
            yield file
            file.flush()
            flush_descriptor(file.fileno())
        rename(beside, path)
    finally:
        remove(beside)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's content by a text; see :func:`replacing`.

    :raises DataDirectoryError: if the folder can't be made or written
    """
    with usable(path.parent):
        make_folder(path.parent)
        with replacing(path) as file:
            file.write(text.encode())


def persistently(write: Callable[[], None]) -> None:
    """Write a file, again if its folder or its unfinished file is removed meanwhile.

    That happens where locks fail, and another process is cleaning up.

    :raises DataDirectoryError: if it can't be written, or is removed each time
    """
    for _ in range(_TRIES):
        try:
            return write()
        except DataDirectoryError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
    return write()


def move_into_place(source: Path, destination: Path) -> None:
    """Rename `source`, which is whole, to `destination`; what lay there is replaced.

    A file is replaced at once, and so is a folder where the system can exchange names.
    Where it can't, the old folder is renamed aside first, and its name is missing for
    an instant. What is replaced is removed last; what can't be stays beside `source`. See
    :func:`flush_folder` for what makes the new name survive a loss of power.
    """
    make_folder(destination.parent)
    there = _kind(destination)
    exchanged = stat.S_ISDIR(there) and source.is_dir() and _exchanged(source, destination)
    if exchanged:
        _try_to(discard, source)
        return
    aside = None
    if stat.S_ISDIR(there):
        aside = source.with_name(f"{source.name}.{os.urandom(4).hex()}.old")
        rename(destination, aside)
    elif there and source.is_dir():
        unlink(destination)
    try:
        rename(source, destination)
    except OSError as error:
        in_the_way = is_in_use(error) and destination.is_dir()  # as Windows tells of it
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) and not in_the_way:
            if aside is not None:
                rename(aside, destination)
            raise
        # Another process has just put a folder there.
        move_into_place(source, destination)
    if aside is not None:
        _try_to(remove, aside)


def _try_to(remove: Callable[[Path], None], path: Path) -> None:
    """Remove what was replaced, if that is possible: what has its place is all right either way."""
    try:
        remove(path)
    except OSError:  # network file systems keep a name for what is open
        logger.debug("Some of %s can't be removed yet", path, exc_info=True)


def _exchanged(first: Path, second: Path) -> bool:
    """Exchange the names of two folders in one step, where that is possible; tell whether."""
    import ctypes

    names = os.fsencode(first), os.fsencode(second)
    library = ctypes.CDLL(None) if sys.platform in ("linux", "darwin") else None
    if (exchange := getattr(library, "renamex_np", None)) is not None:  # macOS
        return bool(exchange(*names, ctypes.c_uint(_RENAME_EXCHANGE)) == 0)
    if (exchange := getattr(library, "renameat2", None)) is not None:  # Linux
        here = ctypes.c_int(_HERE)
        arguments = (here, names[0], here, names[1], ctypes.c_uint(_RENAME_EXCHANGE))
        return bool(exchange(*arguments) == 0)
    return False


def is_there(path: Path) -> bool:
    """Tell whether anything lies at a path, be it a link that leads nowhere.

    :raises OSError: if that can't be seen
    """
    return _kind(path) != 0


def _kind(path: Path) -> int:
    """Give the mode of what lies at a path itself, be it a link; 0 if nothing does."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it; nothing happens if there is none.

    Others may remove it at the same time, as happens where locks fail.
    """
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            remove_folder(path)
            return
        try:
            unlink(path)
        except IsADirectoryError:  # network file systems tell late what is there, and what is gone
            path.lstat()
            remove_folder(path)


def discard(path: Path) -> None:
    """Remove a file or a folder after it has lost its name.

    So no one else can put anything in a folder that is being emptied, or take what is
    left of it for whole. Nothing happens if there is none.
    """
    name = path.name.removeprefix(".")
    with discarding(path, path.with_name(f".{name}.{os.urandom(4).hex()}.old")):
        pass


@contextmanager
def discarding(path: Path, aside: Path) -> Iterator[None]:
    """Do as :func:`discard`, and something else in the block, between the two steps.

    :param aside: the name that it has meanwhile, and keeps if this is interrupted; its folder is
        on the same file system
    """
    with contextlib.suppress(FileNotFoundError):
        rename(path, aside)
    yield
    remove(aside)


def children(folder: Path) -> list[Path]:
    """Give what is in a folder, in the order of names; nothing if it isn't there.

    :raises DataDirectoryError: if it can't be listed
    """
    try:
        with usable(folder):
            return sorted(folder.iterdir())
    except DataDirectoryError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return []
        raise


def size_on_disk(path: Path) -> int:
    """Give the number of bytes in a file, or in all files below a folder.

    A link stands for what it leads to, if that is there, and in a folder for itself.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return path.lstat().st_size
    if not stat.S_ISDIR(status.st_mode):
        return status.st_size
    # scandir, since a Path for each of 20,000 files costs more than looking at it.
    return sum(
        entry.stat(follow_symlinks=False).st_size
        for entry in walk(path)
        if not entry.is_dir(follow_symlinks=False)
    )
