"""A thorough look at each entry of a zip's central directory.

Format: PKWARE APPNOTE.TXT 6.3.10, section 4.3.12; Info-ZIP's extra field 0x7075 for
names in UTF-8. Names without a mark are UTF-8 when a Unix or macOS program wrote
them and they are valid as such, else code page 437, as for unzip.
"""

from __future__ import annotations

import stat
import struct
import zlib

from datamaestro_download_archive.errors import UnsafeArchiveError, damaged, shown, unsafe
from datamaestro_download_archive.limits import Budget, Limits
from datamaestro_download_archive.member import Kind, refuse_special
from datamaestro_download_archive.names import safe_name
from datamaestro_download_archive.plain_names import are_all_plain
from datamaestro_download_archive.shape import check_parents
from datamaestro_download_archive.zip_end import DirectoryLocation
from datamaestro_download_archive.zip_entry import (
    ENTRY_SIZE,
    UNICODE_PATH,
    UNIX_SYSTEMS,
    ZipEntry,
    extra_field,
)

__all__ = ["look_at_each"]

_ENTRY = struct.Struct("<4s2B2B4HL2L5H2L")
_SIGNATURE = b"PK\x01\x02"
_LOCAL_SIZE = 30

_UTF8 = 0x800
_WINDOWS_SYSTEMS = (0, 10, 11, 14)
_NARROW = 0xFFFFFFFF
_ORDINARY = (0, stat.S_IFREG >> 12)


def look_at_each(
    location: DirectoryLocation, data: bytes, archive: str, limits: Limits
) -> dict[str, ZipEntry]:
    """Read all entries, checked one by one and against each other, by their safe names.

    :param data: the directory
    :raises ArchiveError: as :func:`read_directory` of `zip_directory`
    """
    entries = _parse(data, location.shift, archive, limits)
    modulus = 0x10000 if location.counts_modulo else 1 << 64
    if len(entries) % modulus != location.entries:
        raise damaged(
            archive,
            "the zip's directory is incomplete",
            f"{location.entries} entries",
            len(entries),
        )
    by_name = _name(entries, archive)
    _check_extents(entries, location.start, archive)
    return by_name


def _parse(data: bytes, shift: int, archive: str, limits: Limits) -> list[ZipEntry]:
    unpack = _ENTRY.unpack_from
    entries: list[ZipEntry] = []
    append = entries.append
    position, end = 0, len(data)
    while position < end:
        if end - position < ENTRY_SIZE or data[position : position + 4] != _SIGNATURE:
            raise damaged(archive, "the zip's directory is broken", "an entry", f"byte {position}")
        entry = ZipEntry()
        (
            _,
            _,
            entry.system,
            _,
            _,
            entry.flags,
            entry.method,
            _,
            _,
            entry.crc,
            entry.packed,
            entry.size,
            name_size,
            extra_size,
            comment_size,
            disk,
            _,
            entry.attributes,
            entry.offset,
        ) = unpack(data, position)
        start = position + ENTRY_SIZE
        stop = start + name_size
        entry.raw_name = data[start:stop]
        entry.name = ""  # until an extra field gives one
        position = stop + extra_size + comment_size
        if extra_size or disk or _NARROW in (entry.packed, entry.size, entry.offset):
            _extend(entry, data[stop : stop + extra_size], disk, archive)
        entry.offset += shift
        append(entry)
        if len(entries) > limits.members:
            Budget(limits, archive).add_members(len(entries))
    if position != end:
        raise damaged(archive, "the zip's directory is cut off", end, position)
    return entries


def _extend(entry: ZipEntry, extra: bytes, disk: int, archive: str) -> None:
    """Apply an entry's extra fields: zip64 values, and the name in UTF-8."""
    if _NARROW in (entry.packed, entry.size, entry.offset) or disk == 0xFFFF:
        wide = extra_field(extra, 0x0001) or b""
        position = 0
        for attribute in ("size", "packed", "offset"):
            if getattr(entry, attribute) == _NARROW:
                value = wide[position : position + 8]
                if len(value) < 8:
                    raise damaged(
                        archive,
                        f"the zip64 field of {shown(entry.raw_name.decode('latin-1'))} is cut off",
                        f"its {attribute}",
                        f"{len(wide)} bytes",
                    )
                setattr(entry, attribute, int.from_bytes(value, "little"))
                position += 8
    elif disk:
        raise damaged(archive, "an entry lies in another part of the zip", 0, disk)
    if UNICODE_PATH in extra:
        path = extra_field(extra, 0x7075) or b""
        if path[:1] == b"\1" and path[1:5] == zlib.crc32(entry.raw_name).to_bytes(4, "little"):
            entry.name = path[5:].decode("utf-8", "surrogateescape")


def _name(entries: list[ZipEntry], archive: str) -> dict[str, ZipEntry]:
    """Give the entries by their safe names, folders without their slash."""
    raw = [entry.raw_name for entry in entries]
    plain = are_all_plain(raw)
    by_name: dict[str, ZipEntry] = {}
    for entry in entries:
        raw_name = entry.raw_name
        if plain and not entry.name:
            entry.is_folder = raw_name.endswith(b"/")
            entry.name = name = str(raw_name[:-1] if entry.is_folder else raw_name, "ascii")
        else:
            name = _checked_name(entry, archive)
        if entry.is_folder or entry.attributes >> 28 not in _ORDINARY:
            _check_kind(entry, archive)
        before = by_name.setdefault(name, entry)
        if before is not entry and not (entry.is_folder and before.is_folder):
            raise unsafe(name, archive, "is there twice")
    by_name.pop("", None)
    check_parents(
        by_name, {name for name, entry in by_name.items() if not entry.is_folder}, archive
    )
    return by_name


def _checked_name(entry: ZipEntry, archive: str) -> str:
    raw = entry.raw_name
    text: str
    if entry.name:
        text = entry.name
    elif entry.flags & _UTF8:
        text = raw.decode("utf-8", "surrogateescape")
    else:
        text = _decoded(raw, entry.system)
    if entry.system in _WINDOWS_SYSTEMS and "\\" in text and "/" not in text:
        text = text.replace("\\", "/")  # as unzip does: old programs wrote them so
    entry.is_folder = text.endswith("/")
    entry.name = name = safe_name(text, archive)
    if not name and not entry.is_folder:
        raise unsafe(text, archive, "is named as a folder is")
    return name


def _decoded(raw: bytes, system: int) -> str:
    if system in UNIX_SYSTEMS:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437")


def _check_kind(entry: ZipEntry, archive: str) -> None:
    """Refuse special files, and folders that have data."""
    kind = entry.kind
    refuse_special(kind, entry.name, archive)
    if kind is Kind.FOLDER:
        entry.is_folder = True
        if entry.size:
            raise damaged(
                archive, f"the folder {shown(entry.name)} has data", "none", f"{entry.size} bytes"
            )


def _check_extents(entries: list[ZipEntry], end: int, archive: str) -> None:
    """Check that no two entries share bytes, and tell each where the next begins."""
    entries = sorted(entries, key=_offset)
    for entry in reversed(entries):
        entry.limit = end
        if entry.offset + _LOCAL_SIZE + len(entry.raw_name) + entry.packed > end:
            raise UnsafeArchiveError(
                f"refused: member {shown(entry.name)} shares bytes with what follows it",
                where=archive,
                expected=f"an end before byte {end}",
                found=f"{entry.packed} bytes from {entry.offset} on",
                hint="nothing was kept; get the archive from a source you trust",
            )
        end = entry.offset


def _offset(entry: ZipEntry) -> int:
    return entry.offset
