"""Symbolic links, which can't be made everywhere.

exFAT and FAT have none, and Windows lets only some users make them.
"""

from __future__ import annotations

import errno
from pathlib import Path

from datamaestro.errors import DataDirectoryError

__all__ = ["NO_LINKS", "make_link"]

NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
)
"""What systems say where links can't be made; Windows says EINVAL to those without the right."""


def make_link(link: Path, folder: Path) -> None:
    """Make a link to a folder.

    :raises DataDirectoryError: where there can be no links
    """
    try:
        link.symlink_to(folder, target_is_directory=True)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        raise DataDirectoryError(
            f"the link {link.name!r} can't be made: {error.strerror}",
            where=link.parent,
            expected="a file system with symbolic links, and the right to make them",
            hint="choose another folder (--data or DATAMAESTRO_DIR); on Windows, developer mode "
            "gives the right",
        ) from error
