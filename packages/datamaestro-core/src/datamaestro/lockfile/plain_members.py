"""What archives hold whose bytes are known, read with the standard library alone.

Which archive it is, what its members are called and what they are is decided as
`datamaestro-download-archive` does, or what is made would differ from what was locked.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.download.derivation import path_inside

__all__ = ["Member", "members"]

_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
"""What zips begin with: a member, or the end of one without any."""

_UTF8 = 0x800
_UNIX_SYSTEMS = (3, 19)
_WINDOWS_SYSTEMS = (0, 10, 11, 14)
_UNICODE_PATH = b"up"
"""The kind of Info-ZIP's extra field with the name in UTF-8 (APPNOTE.TXT 4.6.9)."""

_GNU_FOLDER, _GNU_TITLE = b"D", b"V"


class Member(NamedTuple):
    """What has a name in an archive.

    :param path: where it lies below the archive's own folder
    :param is_folder: whether it is a folder
    :param executable: whether its owner may run it
    :param open: opens a file; gives None for what is none
    """

    path: str
    is_folder: bool
    executable: bool
    open: Callable[[], IO[bytes] | None]


def members(archive: Path) -> Iterator[Member]:
    """Give the members of a zip or tar; each is read before the next is asked for.

    :raises ValueError: if a name leads out of the folder, or isn't in the encoding that it tells
    """
    if _is_zip(archive):
        with zipfile.ZipFile(archive) as zipped:
            yield from (_zipped(zipped, entry) for entry in zipped.infolist())
    else:
        with tarfile.open(archive, encoding="utf-8") as tar:
            yield from (_archived(tar, header) for header in tar if header.type != _GNU_TITLE)
            _check_end(tar)


def _is_zip(archive: Path) -> bool:
    """Tell a zip: the last member of a tar may be one, and end as one."""
    with archive.open("rb") as file:
        if file.read(4) in _ZIPS:
            return True
    return not tarfile.is_tarfile(archive) and zipfile.is_zipfile(archive)


def _zipped(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    name = _name(entry)
    mode = entry.external_attr >> 16 if entry.create_system in _UNIX_SYSTEMS else 0
    kind = stat.S_IFMT(mode)
    # What comes from a pipe has its mode: ``cat file | zip all.zip -``.
    is_file = kind in (0, stat.S_IFREG) or (kind == stat.S_IFIFO and entry.file_size > 0)
    return Member(
        path_inside(name),
        name.endswith("/") or kind == stat.S_IFDIR,
        bool(mode & stat.S_IXUSR),
        partial(zipped.open, entry) if is_file else _nothing,
    )


def _nothing() -> None:
    return None


def _name(entry: zipfile.ZipInfo) -> str:
    """Give a name as unzip has it, whatever Python takes it for."""
    name = entry.orig_filename
    encoding = "utf-8" if entry.flag_bits & _UTF8 else "cp437"
    raw = name.encode(encoding)
    if entry.create_system in _UNIX_SYSTEMS and encoding == "cp437":
        with suppress(UnicodeDecodeError):
            name = raw.decode("utf-8")
    name = _unicode_path(entry.extra, zlib.crc32(raw)) or name
    if entry.create_system in _WINDOWS_SYSTEMS and "/" not in name:
        name = name.replace("\\", "/")  # old programs wrote them so
    return name


def _unicode_path(extra: bytes, checksum: int) -> str | None:
    """Give the name in an extra field, if there is one for the name of this checksum."""
    while extra:
        kind, size = extra[:2], int.from_bytes(extra[2:4], "little")
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and content[:5] == b"\1" + checksum.to_bytes(4, "little"):
            return content[5:].decode("utf-8", "surrogateescape")
    return None


def _archived(tar: tarfile.TarFile, header: tarfile.TarInfo) -> Member:
    opens = partial(tar.extractfile, header) if header.isreg() else _nothing
    is_folder = header.isdir() or header.type == _GNU_FOLDER or header.name.endswith("/")
    return Member(path_inside(header.name), is_folder, bool(header.mode & stat.S_IXUSR), opens)


def _check_end(tar: tarfile.TarFile) -> None:
    """Check that a tar ends where `tarfile` takes it to end, and has no hole of zeros there.

    Two blocks of zeros are the end, and zeros may follow. Within the last record POSIX leaves
    open what follows.

    :raises ReadError: if something else follows
    """
    file: Any = tar.fileobj
    file.seek(tar.offset)
    end = file.read(2 * tarfile.BLOCKSIZE)
    only_zeros = True
    while rest := file.read(CHUNK_SIZE):
        only_zeros = only_zeros and not rest.strip(b"\0")
    record_end = -(-(tar.offset + len(end)) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
    if end.strip(b"\0") or not (only_zeros or file.tell() == record_end):
        raise tarfile.ReadError("something follows its end, or a header is damaged")
