"""Reading one entry of a zip: its local header, its data, its checksum.

Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.9 (data
descriptor), 4.4.5 (methods), 5.8 (LZMA).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from datamaestro.decompressors import MEMORY, Decompressor
from datamaestro_download_archive.decompress import CHUNK, PIECE
from datamaestro_download_archive.errors import (
    DamagedArchiveError,
    EncryptedArchiveError,
    UnsafeArchiveError,
    UnsupportedArchiveError,
    damaged,
    shown,
)
from datamaestro_download_archive.inflate import (
    crc32,
    decompression_errors,
    deflate,
    new_decompressor,
)
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.zip_entry import (
    ENCRYPTED,
    HAS_DESCRIPTOR,
    ZipEntry,
    extra_field,
)

__all__ = ["ZipReader"]

_LOCAL = struct.Struct("<4s5H3L2H")
_SIGNATURE = b"PK\x03\x04"
_DESCRIPTOR = b"PK\x07\x08"
_NARROW = 0xFFFFFFFF
_STORED, _DEFLATED, _BZIP2, _LZMA, _ZSTD, _XZ = 0, 8, 12, 14, 93, 95
_COMPARED_FLAGS = ENCRYPTED | HAS_DESCRIPTOR | 0x800
_METHODS = {
    1: "shrink",
    6: "implode",
    9: "deflate64",
    10: "PKWARE implode",
    98: "PPMd",
    99: "AES encryption",
}


class ZipReader:
    """Reads the entries of a zip; several threads may.

    :param file: the zip
    :param archive: its name or URL, for messages
    """

    def __init__(self, file: RandomAccess, archive: str) -> None:
        self.file = file
        self.archive = archive
        self._new_deflate = deflate()
        self._crc32 = crc32()

    def read(self, entry: ZipEntry) -> bytes:
        """Give an entry's file at once.

        :raises ArchiveError: if it is encrypted, damaged, or contradicts the directory
        """
        if entry.limit - entry.offset > CHUNK or entry.size > CHUNK:
            return b"".join(self.pieces(entry))
        # One read for all of it: local header, data and descriptor.
        extent = self.file.read_at(entry.offset, entry.limit - entry.offset)
        start = self._check_local(entry, extent)
        data = extent[start : start + entry.packed]
        if entry.method == _DEFLATED:
            data = self._decompress(self._new_deflate(), data, entry)
        elif entry.method != _STORED:
            data = b"".join(self._decompressed(entry, entry.offset + start))
        if len(data) != entry.size or self._crc32(data) != entry.crc:
            raise self._wrong(entry, len(data))
        return data

    def pieces(self, entry: ZipEntry) -> Iterator[bytes]:
        """Give an entry's file in pieces; the last one comes once all of them are verified.

        :raises ArchiveError: as :meth:`read`
        """
        size = crc = 0
        for piece in self._decompressed(entry, self.data_offset(entry)):
            size += len(piece)
            crc = self._crc32(piece, crc)
            # Who reads no more than the file's size never asks for what is after this.
            if size >= entry.size and (size, crc) != (entry.size, entry.crc):
                raise self._wrong(entry, size)
            yield piece
        if size != entry.size or crc != entry.crc:
            raise self._wrong(entry, size)

    def data_offset(self, entry: ZipEntry) -> int:
        """Give where an entry's data begin, once its local header is checked."""
        count = min(entry.limit - entry.offset, PIECE)
        return entry.offset + self._check_local(entry, self.file.read_at(entry.offset, count))

    # --- the local header

    def _check_local(self, entry: ZipEntry, extent: bytes) -> int:
        """Check that the local header says what the directory says; give its length."""
        if entry.flags & ENCRYPTED or entry.method == 99:
            raise EncryptedArchiveError(
                f"member {shown(entry.name)} is encrypted",
                where=self.archive,
                hint="unpack it with its password, and use the folder as a data folder",
            )
        if len(extent) < _LOCAL.size or extent[:4] != _SIGNATURE:
            raise self._damaged(entry, "a local header", "none")
        (_, _, flags, method, _, _, crc, packed, size, name_size, extra_size) = _LOCAL.unpack_from(
            extent
        )
        start = _LOCAL.size + name_size + extra_size
        if (
            extent[_LOCAL.size : _LOCAL.size + name_size] != entry.raw_name
            or method != entry.method
            or (flags ^ entry.flags) & _COMPARED_FLAGS
        ):
            raise self._disagreement(entry, "name, method or flags")
        if (crc, packed, size) != (entry.crc, entry.packed, entry.size):
            extra = extent[_LOCAL.size + name_size : start]
            self._check_wide(entry, crc, packed, size, extra)
        end = entry.offset + start + entry.packed
        if end > entry.limit:
            raise UnsafeArchiveError(
                f"refused: member {shown(entry.name)} shares bytes with what follows it",
                where=self.archive,
                expected=f"an end before byte {entry.limit}",
                found=f"one at {end}",
                hint="nothing was kept; get the archive from a source you trust",
            )
        if flags & HAS_DESCRIPTOR:
            self._check_descriptor(entry, end)
        return int(start)

    def _check_wide(self, entry: ZipEntry, crc: int, packed: int, size: int, extra: bytes) -> None:
        """Check local sizes that are kept in a zip64 field, or in a data descriptor."""
        if _NARROW in (packed, size):
            wide = extra_field(extra, 0x0001) or b""
            values = [int.from_bytes(wide[at : at + 8], "little") for at in range(0, len(wide), 8)]
            # Both have to be there (4.5.3); some programs keep only what doesn't fit.
            if size == _NARROW and values:
                size = values.pop(0)
            if packed == _NARROW and values:
                packed = values.pop(0)
        later = (0, _NARROW) if entry.flags & HAS_DESCRIPTOR else ()
        for found, stated in (
            (crc, entry.crc),
            (packed, entry.packed),
            (size, entry.size),
        ):
            if found != stated and found not in later:
                raise self._disagreement(entry, "sizes or checksum")

    def _check_descriptor(self, entry: ZipEntry, end: int) -> None:
        """Check the copy of sizes and checksum that follows the data; its sign is optional."""
        found = self.file.read_at(end, min(24, entry.limit - end))
        for layout in ("<3L", "<L2Q"):
            values = struct.pack(layout, *_fitting(layout, entry))
            if found.startswith((values, _DESCRIPTOR + values)):
                return
        raise self._disagreement(entry, "data descriptor")

    # --- the data

    def _decompressed(self, entry: ZipEntry, start: int) -> Iterator[bytes]:
        end = start + entry.packed
        if entry.method == _STORED:
            for offset in range(start, end, CHUNK):
                yield self.file.read_at(offset, min(CHUNK, end - offset))
            return
        decompressor, offset = self._decompressor(entry, start)
        while not decompressor.eof:
            data = b""
            if decompressor.needs_input:
                data = self.file.read_at(offset, min(PIECE, end - offset))
                offset += len(data)
                if not data:
                    if entry.method == _LZMA:  # it may end without saying so
                        return
                    raise self._damaged(entry, "more data", "its end")
            piece = self._piece(decompressor, data, CHUNK, entry)
            if piece:
                yield piece
        if decompressor.unused_data or offset != end:
            raise self._damaged(entry, "nothing after its data", "more")

    def _decompress(self, decompressor: Decompressor, data: bytes, entry: ZipEntry) -> bytes:
        """Decompress a small entry at once; one byte too many is enough to know it for wrong."""
        content = self._piece(decompressor, data, entry.size + 1, entry)
        if not decompressor.eof and len(content) <= entry.size:
            content += self._piece(decompressor, b"", 1, entry)
        if not decompressor.eof or decompressor.unused_data:
            raise self._wrong(entry, len(content))
        return content

    def _piece(self, decompressor: Decompressor, data: bytes, limit: int, entry: ZipEntry) -> bytes:
        try:
            return decompressor.decompress(data, limit)
        except decompression_errors() as error:
            raise self._damaged(entry, "whole data", error) from None

    def _decompressor(self, entry: ZipEntry, start: int) -> tuple[Decompressor, int]:
        """Give what decompresses an entry, and where to begin."""
        if entry.method == _DEFLATED:
            return self._new_deflate(), start
        if entry.method == _LZMA:
            return self._lzma(entry, start)
        names = {_BZIP2: "bzip2", _ZSTD: "zstd", _XZ: "xz"}
        if entry.method not in names:
            raise UnsupportedArchiveError(
                f"member {shown(entry.name)} is compressed in a way that isn't supported",
                where=self.archive,
                expected="stored, deflate, bzip2, LZMA, xz or zstd",
                found=_METHODS.get(entry.method, f"method {entry.method}"),
                hint="pack it again with a current zip",
            )
        return new_decompressor(names[entry.method]), start

    def _lzma(self, entry: ZipEntry, start: int) -> tuple[Decompressor, int]:
        """Give the old LZMA file's header to the decompressor: properties, then the size."""
        import lzma

        header = self.file.read_at(start, 9)
        decompressor: Any = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY)
        if len(header) < 9 or header[2:4] != b"\x05\x00":
            raise self._damaged(entry, "LZMA properties", header.hex(" "))
        has_end = entry.flags & 0x02
        size = b"\xff" * 8 if has_end else entry.size.to_bytes(8, "little")
        self._piece(decompressor, header[4:] + size, 0, entry)
        return decompressor, start + 9

    # --- errors

    def _damaged(self, entry: ZipEntry, expected: object, found: object) -> DamagedArchiveError:
        message = f"member {shown(entry.name)} is damaged"
        return damaged(self.archive, message, expected=expected, found=found)

    def _wrong(self, entry: ZipEntry, size: int) -> DamagedArchiveError:
        return self._damaged(
            entry,
            f"{entry.size} bytes with CRC-32 {entry.crc:08x}",
            "other content" if size == entry.size else f"{min(size, entry.size + 1)} or more bytes",
        )

    def _disagreement(self, entry: ZipEntry, what: str) -> UnsafeArchiveError:
        return UnsafeArchiveError(
            f"refused: the local header of member {shown(entry.name)} says other things than "
            "the zip's directory",
            where=self.archive,
            expected=f"the same {what}",
            found="another",
            hint="nothing was kept; get the archive from a source you trust",
        )


def _fitting(layout: str, entry: ZipEntry) -> tuple[int, int, int]:
    mask = _NARROW if layout == "<3L" else (1 << 64) - 1
    return entry.crc, entry.packed & mask, entry.size & mask
