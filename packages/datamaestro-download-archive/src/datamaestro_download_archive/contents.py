"""What an archive on disk holds, for reading it in place.

Nothing here keeps a file open: each reader opens its own, and gives it to be read. So
threads share it without locks, and it is as good after a fork as before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from datamaestro_download_archive import content
from datamaestro_download_archive.errors import UnsupportedArchiveError
from datamaestro_download_archive.limits import Budget, Limits

__all__ = ["Contents", "contents_of"]


class Contents(ABC):
    """The files of one archive.

    :param path: where the archive lies
    :param limits: how much may come out of it
    :ivar files: the files by their names
    """

    files: Mapping[str, object]

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits

    def find(self, name: str, archive: BinaryIO) -> str:  # noqa: ARG002
        """Give the name of a file, which may be asked for by ``./name``; it is where it was.

        :param archive: the archive, open
        :raises MemberNotFoundError: if there is no file of that name
        :raises DamagedArchiveError: if it isn't where it was
        """
        if name in self.files:
            return name
        from datamaestro_download_archive.selection import normal, not_found

        if not isinstance(name, str):
            raise TypeError(f"names in an archive are text, such as 'd/1': not {name!r}")
        if normal(name) in self.files:
            return normal(name)
        raise not_found(name, self.files, str(self.path))

    @abstractmethod
    def open(self, name: str, archive: BinaryIO) -> BinaryIO:
        """Open a file that was found; closing it closes the archive."""

    def read(self, name: str, archive: BinaryIO) -> bytes:
        """Read a file that was found."""
        with self.open(name, archive) as file:
            return file.read()

    def _check_size(self, name: str, packed: int, size: int) -> None:
        budget = Budget(self.limits, str(self.path))
        budget.add_size(name, size)
        budget.add_unpacked(packed, size)


def contents_of(file: BinaryIO, path: Path, limits: Limits) -> Contents:
    """Look into an archive: its content tells what it is.

    :param file: the archive, open
    :param path: where it was opened, and may have an index beside it
    :raises ArchiveError: if it is unsafe, damaged or neither zip nor tar, or if it is a
        compressed tar without an index
    """
    file.seek(0)
    if content.is_zip_file(file):
        from datamaestro_download_archive.zip_contents import ZipContents

        return ZipContents(path, limits, file)
    from datamaestro_download_archive.tar_contents import TarContents
    from datamaestro_download_archive.tar_index import load_index, scan_tar

    head = file.read(content.HEAD_SIZE)
    index = load_index(path, file)
    file.seek(0)
    compression = content.compression_of(head)
    if index is None and compression is not None:
        raise UnsupportedArchiveError(
            f"a tar in {compression} can't be read in place without an index",
            where=path,
            expected="a zip, an uncompressed tar, or one with an index",
            found=content.describe(head),
            hint="make one with ArchiveFolder(path=…).write_index(), or unpack it "
            "with TarDownloader",
        )
    return TarContents(path, limits, index or scan_tar(file, str(path), limits))
