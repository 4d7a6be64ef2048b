"""Archives made byte by byte, so that every field can be wrong."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import struct
import sys
import zlib
from dataclasses import dataclass, field, replace

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

END_OF_TAR = bytes(1024)

COMPRESSORS = {
    "bare": bytes,
    "gz": functools.partial(gzip.compress, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


def octal(number: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, number)


def encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def header(
    name: str | bytes,
    size: int = 0,
    kind: bytes = b"0",
    target: str | bytes = b"",
    mode: int = 0o644,
    prefix: str | bytes = b"",
    size_field: bytes | None = None,
    tail: bytes = b"",
    magic: bytes = b"ustar\x0000",
) -> bytes:
    """Make one tar header with a right checksum."""
    start = struct.pack(
        "100s8s8s8s12s12s",
        encoded(name),
        octal(mode, 8),
        octal(0, 8),
        octal(0, 8),
        octal(size, 12) if size_field is None else size_field,
        octal(0, 12),
    )
    end = struct.pack(
        "1s100s8s32s32s8s8s155s12s",
        kind,
        encoded(target),
        magic,
        b"",
        b"",
        octal(0, 8),
        octal(0, 8),
        encoded(prefix),
        tail,
    )
    total = sum(start) + sum(end) + 8 * 32
    return start + b"%06o\0 " % total + end


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def tar_file(name: str | bytes, data: bytes = b"data", **options: object) -> bytes:
    return header(name, len(data), **options) + padded(data)


def tar_link(name: str, target: str, kind: bytes = b"2") -> bytes:
    return header(name, 0, kind, target)


def tar_folder(name: str) -> bytes:
    return header(name, 0, b"5", mode=0o755)


def record(keyword: str, value: str | bytes) -> bytes:
    """Make one pax record, whose length counts itself."""
    rest = b" " + keyword.encode() + b"=" + encoded(value) + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def pax(kind: bytes = b"x", **values: str | bytes) -> bytes:
    return pax_records(list(values.items()), kind)


def pax_records(values: list[tuple[str, str | bytes]], kind: bytes = b"x") -> bytes:
    return tar_file("pax", b"".join(record(*value) for value in values), kind=kind)


def gnu_long(text: str, kind: bytes = b"L") -> bytes:
    return tar_file("././@LongLink", encoded(text) + b"\0", kind=kind, magic=b"ustar  \0")


def tar(*parts: bytes, end: bytes = END_OF_TAR) -> bytes:
    return b"".join(parts) + end


@dataclass(frozen=True)
class Entry:
    """One entry of a zip; ``local_…`` are what its local header says instead."""

    name: str | bytes
    data: bytes = b"data"
    method: int = 8
    flags: int = 0
    system: int = 3
    mode: int = 0o100644
    extra: bytes = b""
    local_extra: bytes = b""
    descriptor: bytes | None = None
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    offset: int | None = None
    raw: bytes | None = None
    local_name: str | bytes | None = None
    local: dict[str, int] = field(default_factory=dict)

    @property
    def raw_name(self) -> bytes:
        return encoded(self.name)

    def compressed(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.method == 8:
            maker = zlib.compressobj(6, zlib.DEFLATED, -15)
            return maker.compress(self.data) + maker.flush()
        if self.method == 12:
            return bz2.compress(self.data)
        if self.method == 95:
            return lzma.compress(self.data)
        if self.method == 93:
            return zstd.compress(self.data)
        if self.method == 14:
            # The properties of FORMAT_ALONE without its size, behind a version.
            alone = lzma.compress(self.data, lzma.FORMAT_ALONE)
            return b"\x09\x14\x05\x00" + alone[:5] + alone[13:]
        return self.data


def utf8(entry: Entry) -> Entry:
    return replace(entry, flags=entry.flags | 0x800)


def link(name: str, target: str) -> Entry:
    return Entry(name, target.encode(), mode=0o120777)


def zipped(
    *entries: Entry, prefix: bytes = b"", comment: bytes = b"", shift: int = 0, **end: int
) -> bytes:
    """Make a zip; keyword arguments replace values of its end record."""
    body, directory = bytearray(prefix), bytearray()
    for entry in entries:
        offset = len(body) - len(prefix) if entry.offset is None else entry.offset
        packed = entry.compressed()
        values = {
            "crc": zlib.crc32(entry.data) if entry.crc is None else entry.crc,
            "packed": len(packed) if entry.packed is None else entry.packed,
            "size": len(entry.data) if entry.size is None else entry.size,
            "flags": entry.flags,
            "method": entry.method,
        }
        local = {**values, **entry.local}
        local_name = entry.raw_name if entry.local_name is None else encoded(entry.local_name)
        if entry.offset is None:
            body += struct.pack(
                "<4s5H3L2H",
                b"PK\x03\x04",
                20,
                local["flags"],
                local["method"],
                0,
                0x21,
                local["crc"],
                local["packed"],
                local["size"],
                len(local_name),
                len(entry.local_extra),
            )
            body += local_name + entry.local_extra + packed + (entry.descriptor or b"")
        directory += struct.pack(
            "<4s2B5H3L5H2L",
            b"PK\x01\x02",
            20,
            entry.system,
            20,
            values["flags"],
            values["method"],
            0,
            0x21,
            values["crc"],
            values["packed"],
            values["size"],
            len(entry.raw_name),
            len(entry.extra),
            0,
            0,
            0,
            entry.mode << 16,
            offset + shift,
        )
        directory += entry.raw_name + entry.extra
    record = {
        "disk": 0,
        "first": 0,
        "here": len(entries),
        "count": len(entries),
        "size": len(directory),
        "start": len(body) - len(prefix) + shift,
        **end,
    }
    return bytes(
        body
        + directory
        + struct.pack("<4s4H2LH", b"PK\x05\x06", *record.values(), len(comment))
        + comment
    )
