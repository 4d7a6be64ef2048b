"""What members of archives are."""

from __future__ import annotations

import enum

from datamaestro_download_archive.errors import unsafe

__all__ = ["Kind", "refuse_special"]


class Kind(enum.Enum):
    """What a member becomes on disk."""

    FILE = "a file"
    FOLDER = "a folder"
    SYMBOLIC_LINK = "a symbolic link"
    HARD_LINK = "a hard link"
    DEVICE = "a device"
    FIFO = "a fifo"
    SOCKET = "a socket"


_SPECIAL = (Kind.DEVICE, Kind.FIFO, Kind.SOCKET)


def refuse_special(kind: Kind, name: str, archive: str) -> None:
    """Refuse what data never are.

    :raises UnsafeArchiveError: for devices, fifos and sockets
    """
    if kind in _SPECIAL:
        raise unsafe(name, archive, f"is {kind.value}")
