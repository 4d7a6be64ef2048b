"""What a tar on disk holds, for reading it in place."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from datamaestro_download_archive.contents import Contents
from datamaestro_download_archive.decompress import CHUNK, decompressed, read_head
from datamaestro_download_archive.errors import DamagedArchiveError, shown
from datamaestro_download_archive.feed import Feed
from datamaestro_download_archive.limits import Budget, Limits
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.streams import buffered, holed_pieces, section
from datamaestro_download_archive.tar_index import FileLocation, TarIndex

__all__ = ["TarContents"]


class TarContents(Contents):
    """The files of a tar; see `Contents`."""

    def __init__(self, path: Path, limits: Limits, index: TarIndex) -> None:
        super().__init__(path, limits)
        self.files: dict[str, FileLocation] = index.files
        self._points = index.points

    def find(self, name: str, archive: BinaryIO) -> str:
        name = super().find(name, archive)
        if not self._points and not self.files[name].is_in(RandomAccess(archive)):
            raise DamagedArchiveError(
                f"member {shown(name)} isn't where the index has it, or is cut off",
                where=self.path,
                hint="the file may be a partial or damaged copy: get another, and make its "
                "index again",
            )
        return name

    def open(self, name: str, archive: BinaryIO) -> BinaryIO:
        location = self.files[name]
        self._check_size(name, location.stored, location.size)
        if location.extents is None and not self._points:
            return section(RandomAccess(archive), location.offset, location.size)
        return buffered(lambda: self._pieces(archive, location), location.size, archive.close)

    def _pieces(self, archive: BinaryIO, location: FileLocation) -> Iterator[bytes]:
        feed = self._feed(archive, location.offset)
        if location.extents is None:
            yield from map(bytes, feed.pieces(location.stored))
        else:
            yield from holed_pieces(feed.pieces, location.extents, location.size)

    def _feed(self, archive: BinaryIO, offset: int) -> Feed:
        """Give the decompressed tar from `offset` on."""
        label = str(self.path)
        if not self._points:
            archive.seek(offset)
            return Feed(iter(lambda: archive.read(CHUNK), b""), label)
        at = bisect.bisect_right(self._points, offset, key=lambda point: point[1]) - 1
        packed, start = self._points[max(at, 0)]
        archive.seek(packed)
        budget = Budget(self.limits, label)
        feed = Feed(decompressed(archive, read_head(archive), label, budget), label)
        feed.skip(offset - start)
        return feed
