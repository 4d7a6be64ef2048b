"""What a zip on disk holds, for reading it in place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from datamaestro_download_archive.contents import Contents
from datamaestro_download_archive.limits import Limits
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.streams import buffered, section
from datamaestro_download_archive.zip_directory import read_directory
from datamaestro_download_archive.zip_entry import ZipEntry
from datamaestro_download_archive.zip_member import ZipReader
from datamaestro_download_archive.zip_quick import PlainDirectory

__all__ = ["ZipContents"]


class ZipContents(Contents):
    """The files of a zip; see `Contents`."""

    def __init__(self, path: Path, limits: Limits, file: BinaryIO) -> None:
        super().__init__(path, limits)
        zipped = RandomAccess(file)
        entries = read_directory(zipped, str(path), limits)
        if isinstance(entries, PlainDirectory):
            self.files: Mapping[str, ZipEntry] = entries.files()
            return
        from datamaestro_download_archive.zip_links import shape_of_zip

        files = {name: entry for name, entry in entries.items() if entry.kind is Kind.FILE}
        links = shape_of_zip(ZipReader(zipped, str(path)), entries).check()
        self.files = files | {link: files[target] for link, target in links.items()}

    def open(self, name: str, archive: BinaryIO) -> BinaryIO:
        entry = self.files[name]
        self._check_size(name, entry.packed, entry.size)
        file = RandomAccess(archive)
        reader = ZipReader(file, str(self.path))
        start = reader.data_offset(entry)
        if entry.is_stored:
            return section(file, start, entry.size)
        return buffered(lambda: reader.pieces(entry), entry.size, file.close)

    def read(self, name: str, archive: BinaryIO) -> bytes:
        entry = self.files[name]
        self._check_size(name, entry.packed, entry.size)
        return ZipReader(RandomAccess(archive), str(self.path)).read(entry)
