"""What a file is, told by its first bytes and not by its name."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from datamaestro_download_archive.tar_header import is_sound

__all__ = ["HEAD_SIZE", "compression_of", "describe", "is_tar_header", "is_zip", "is_zip_file"]

HEAD_SIZE = 512
"""How many bytes :func:`describe` wants to see: a tar header is that long."""

_COMPRESSIONS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")
_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x1f\x9d": "a file of the compress program (.Z)",
    b"LZIP": "an lzip file",
    b"\x5d\x00\x00": "a bare LZMA file",
    b"!<arch>\n": "an ar archive",
    b"070701": "a cpio archive",
    b"\x89HDF\r\n": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}
_MARKUP = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<head": "an HTML page",
    b"<?xml": "an XML document",
    b"{": "a JSON text",
}
_SKIPPABLE_ZSTD = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")


def compression_of(head: bytes) -> str | None:
    """Name the compression of a file that begins with `head`: gzip, bzip2, xz, zstd or None.

    A bare tar begins with the name of its first member, which may be ``BZhang.txt``.
    """
    if is_tar_header(head[:HEAD_SIZE]):
        return None
    for magic, name in _COMPRESSIONS.items():
        if head.startswith(magic):
            return name
    return "zstd" if _SKIPPABLE_ZSTD.match(head) else None


def is_zip(head: bytes) -> bool:
    """Tell whether a file that begins with `head` is a zip without anything before it."""
    return head.startswith(_ZIPS)


def is_tar_header(block: bytes) -> bool:
    """Tell whether 512 bytes are a tar header: their checksum says so."""
    return len(block) == HEAD_SIZE and is_sound(block)


def describe(head: bytes) -> str:
    """Say in words what a file is that begins with `head`.

    >>> describe(b"<!DOCTYPE html><title>Sorry</title>")
    'an HTML page'
    """
    if not head:
        return "an empty file"
    if is_zip(head):
        return "a zip archive"
    compression = compression_of(head)
    if compression is not None:
        return f"{'an' if compression == 'xz' else 'a'} {compression} file"
    if is_tar_header(head):
        return "a tar archive"
    return _describe_by_text(head)


def _describe_by_text(head: bytes) -> str:
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, name in _MARKUP.items():
        if start.startswith(magic):
            return name
    if not head.strip(b"\0"):
        return "a file of zeros"
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in head):
        return f"a text that begins with {head[:40].decode('utf-8', 'replace')!r}"
    return f"a file that begins with the bytes {head[:8].hex(' ')}"


def is_zip_file(file: BinaryIO) -> bool:
    """Tell whether an open file is a zip; it is left at its beginning."""
    head = file.read(HEAD_SIZE)
    file.seek(0)
    if is_zip(head):
        return True
    if is_tar_header(head) or compression_of(head):
        return False
    # A zip may have anything before it, such as the program that unpacks it.
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - (1 << 16) - 22))
    found = b"PK\x05\x06" in file.read()
    file.seek(0)
    return found
