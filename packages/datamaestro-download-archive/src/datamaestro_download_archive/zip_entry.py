"""One entry of a zip, as the central directory describes it.

Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.12 and 4.4; Info-ZIP for the modes
that Unix programs write.
"""

from __future__ import annotations

import stat
import struct

from datamaestro_download_archive.member import Kind

__all__ = [
    "ENCRYPTED",
    "ENTRY_SIZE",
    "HAS_DESCRIPTOR",
    "UNICODE_PATH",
    "UNIX_SYSTEMS",
    "ZipEntry",
    "extra_field",
]

ENTRY_SIZE = 46
"""Bytes of an entry without its name, extra fields and comment."""

ENCRYPTED = 0x2041
"""Flags that say so: of the data, strongly of the data, or of the directory."""

HAS_DESCRIPTOR = 0x08

UNICODE_PATH = b"up"
"""What begins Info-ZIP's extra field with the name in UTF-8 (APPNOTE 4.6.9): 0x7075."""

UNIX_SYSTEMS = (3, 19)
"""Systems whose entries have a mode: Unix and macOS."""


class ZipEntry:
    """One entry of a central directory.

    :ivar raw_name: its name as the archive has it
    :ivar name: its safe name
    :ivar method: how it is compressed
    :ivar flags: APPNOTE 4.4.4
    :ivar crc: the CRC-32 of the file
    :ivar packed: bytes in the archive
    :ivar size: bytes of the file
    :ivar offset: where its local header begins, in the file
    :ivar limit: where the next entry, or the central directory, begins
    """

    __slots__ = (
        "attributes",
        "crc",
        "flags",
        "is_folder",
        "limit",
        "method",
        "name",
        "offset",
        "packed",
        "raw_name",
        "size",
        "system",
    )

    attributes: int
    crc: int
    flags: int
    is_folder: bool
    limit: int
    method: int
    name: str
    offset: int
    packed: int
    raw_name: bytes
    size: int
    system: int

    def __repr__(self) -> str:
        return f"ZipEntry({self.name!r})"

    @property
    def kind(self) -> Kind:
        """What it becomes: the mode counts where a Unix program wrote it."""
        if self.is_folder:
            return Kind.FOLDER
        if self.system not in UNIX_SYSTEMS:
            return Kind.FILE
        kind = _KINDS.get(stat.S_IFMT(self.attributes >> 16), Kind.DEVICE)
        # What comes from a pipe has its mode: ``cat file | zip all.zip -``.
        return Kind.FILE if kind is Kind.FIFO and self.size else kind

    @property
    def is_stored(self) -> bool:
        """Whether its data are in the archive as they are."""
        return self.method == 0 and not self.flags & ENCRYPTED and self.packed == self.size

    @property
    def executable(self) -> bool:
        """Whether its owner may run it."""
        return self.system in UNIX_SYSTEMS and bool(self.attributes >> 16 & 0o100)


_KINDS = {
    0: Kind.FILE,
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.FOLDER,
    stat.S_IFLNK: Kind.SYMBOLIC_LINK,
    stat.S_IFIFO: Kind.FIFO,
    stat.S_IFSOCK: Kind.SOCKET,
}


def extra_field(extra: bytes, wanted: int) -> bytes | None:
    """Give the content of one extra field; what isn't of that form is passed over."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        position += 4
        if kind == wanted:
            return extra[position : position + size]
        position += size
    return None
