"""Tar headers: fields, numbers, and the records that extend them.

Formats: POSIX.1-1988 ustar and POSIX.1-2001 pax interchange (IEEE Std 1003.1, `pax`),
and GNU tar's extensions (*GNU tar manual*, "Tar Internals"). Version 7 headers
are ustar headers without a prefix.
"""

from __future__ import annotations

import zlib

from datamaestro_download_archive.errors import DamagedArchiveError, damaged

__all__ = [
    "BLOCK",
    "decimal",
    "decoded",
    "is_executable",
    "is_sound",
    "name_of",
    "number",
    "parse_records",
]

BLOCK = 512
_BLANK_CHECKSUM = 8 * 32
_ADLER = 65521
_MOST_DIGITS = 19


def is_sound(block: bytes) -> bool:
    """Tell whether a header's checksum is right.

    The sum of the bytes is the low half of their Adler-32, less one: computed at
    the speed of C, and modulo 65521, which no sum of a header exceeds twice.
    """
    digits = block[148:156].strip(b" \0")
    if not digits.isdigit():
        return False
    try:
        stated = int(digits, 8)
    except ValueError:
        return False
    total = (zlib.adler32(block) & 0xFFFF) - 1 - sum(block[148:156]) + _BLANK_CHECKSUM
    return (total - stated) % _ADLER == 0 or _signed_sum(block) == stated


def _signed_sum(block: bytes) -> int:
    """Give the checksum that some old programs computed, taking bytes as signed."""
    rest = block[:148] + block[156:]
    return sum(byte - 256 if byte > 127 else byte for byte in rest) + _BLANK_CHECKSUM


def number(field: bytes, what: str, archive: str) -> int:
    """Read a numeric field: octal digits, or GNU's base 256 when the first bit is set.

    :raises DamagedArchiveError: if it is neither, or negative
    """
    if field[0] & 0x80:
        if field[0] == 0x80:
            return int.from_bytes(field[1:], "big")
    else:
        digits = field.split(b"\0", 1)[0].strip(b" ")
        if not digits:
            return 0
        if digits.isdigit():
            try:
                return int(digits, 8)
            except ValueError:
                pass
    raise damaged(
        archive,
        f"a tar header has an impossible {what}",
        expected="an octal number",
        found=ascii(field),
    )


def decimal(digits: bytes, what: str, archive: str) -> int:
    """Read a number that is written in decimal digits.

    :raises DamagedArchiveError: if it isn't one, or has more digits than any size
    """
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise damaged(
            archive,
            f"an impossible {what}",
            expected=f"up to {_MOST_DIGITS} decimal digits",
            found=ascii(digits[:40]),
        )
    return int(digits)


def is_executable(block: bytes) -> bool:
    """Tell whether a mode lets the owner run the file; one that isn't a number doesn't."""
    try:
        return bool(number(block[100:108], "mode", "") & 0o100)
    except DamagedArchiveError:
        return False


def decoded(field: bytes) -> str:
    """Decode a name that ends at its first NUL: UTF-8, other bytes kept as surrogates."""
    end = field.find(0)
    return str(field if end < 0 else field[:end], "utf-8", "surrogateescape")


def name_of(block: bytes) -> str:
    """Give the name in a header, with the prefix that ustar has and GNU doesn't.

    The program *star* marks its headers with ``tar`` at their end; its prefix is shorter.
    """
    name = decoded(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        end = 476 if block[508:512] == b"tar\0" else 500
        return f"{decoded(block[345:end])}/{name}"
    return name


def parse_records(data: bytes, archive: str) -> list[tuple[str, bytes]]:
    """Read the records of a pax header: ``length keyword=value``, a line each.

    :raises DamagedArchiveError: if they aren't of that form
    """
    records = []
    position = 0
    while position < len(data) and data[position]:
        space = data.find(b" ", position, position + 12)
        digits = data[position:space] if space > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        record = data[space + 1 : end]
        keyword, equals, value = record.partition(b"=")
        if end > len(data) or not record.endswith(b"\n") or not equals or not keyword:
            raise damaged(
                archive,
                "a pax header is damaged",
                expected="records of the form 'length keyword=value'",
                found=ascii(data[position : position + 40]),
            )
        records.append((str(keyword, "utf-8", "replace"), value[:-1]))
        position = end
    return records
