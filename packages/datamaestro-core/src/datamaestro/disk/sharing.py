"""Folders that several people share: what is made in them belongs to their group.

Setting the group-id bit of a folder has the same effect, on the systems that have it.
Not everyone who makes a folder for colleagues knows of it, so it isn't relied on.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["make_folder", "permissions_after", "share"]


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each in the group of the one that it lies in.

    The folder may be there already.

    :raises OSError: if it can't be made
    """
    if path.is_dir():
        return
    try:
        _make(path)
    except FileNotFoundError:
        if path.parent == path:
            raise
        make_folder(path.parent)
        _make(path)


def _make(path: Path) -> None:
    try:
        path.mkdir()
    except OSError:
        # Not FileExistsError alone: of a drive, Windows says that access is denied.
        if not path.is_dir():
            raise
    else:
        share(path)


def share(path: Path) -> None:
    """Give something that was just made the group of the folder that it lies in.

    A folder hands its group down then, so that whatever makes files in it needn't know.
    Nothing happens on systems without such groups, and for users who aren't in that one.
    """
    if sys.platform == "win32":
        return
    group = path.parent.stat().st_gid
    if group == os.getegid():
        return  # whichever of the two the system gave it, that of the folder or of the process
    status = path.lstat()
    if status.st_gid == group:
        return
    with suppress(OSError):
        os.chown(path, -1, group, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) | stat.S_ISGID)


def permissions_after(path: Path, successor: Path) -> int:
    """Give the permissions of the file that takes the place of the one at `path`.

    They stay the same, with one exception: a file of another user, in a folder that the group
    may write. If nobody but its owner may read or write it, its owner would be locked out of what
    is now the other user's. So the group gets these permissions too, as far as the writer's mask
    grants them.
    """
    before, after = path.stat(), successor.stat()
    folder = path.parent.stat().st_mode
    if before.st_uid == after.st_uid or not folder & stat.S_IWGRP:
        return before.st_mode
    return before.st_mode | after.st_mode & folder & (stat.S_IRGRP | stat.S_IWGRP)
