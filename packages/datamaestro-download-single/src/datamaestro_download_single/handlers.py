"""The handlers: one file, or several joined."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path

from datamaestro.disk.refusals import check_space
from datamaestro.download import FileResource, Joined, Source
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.utils import CHUNK_SIZE, Checker, file_digests
from datamaestro_download_single.compression import GZIP, Compression, compression_of
from datamaestro_download_single.limits import Limit

__all__ = ["ConcatDownloader", "FileDownloader", "concatdownload", "filedownloader"]

DEFLATE_RATIO = 1032
"""How many bytes one compressed byte can become at the most."""
_ARCHIVE = re.compile(r"\.(zip|tgz|tar(\.\w+)?)$", re.IGNORECASE)


class FileDownloader(FileResource):
    """One file, decompressed on the way.

    The file is decompressed when the URL's name has the extension of a compression
    (``.gz``, ``.bz2``, ``.xz``, ``.zst``) and `filename` doesn't have it too.

    :param filename: its name in the dataset's folder
    :param url: where it lies
    :param mirrors: where else the same bytes lie
    :param size: the number of bytes as downloaded
    :param sha256: their SHA-256
    :param md5: their MD5
    :param checker: verifies the finished file, after decompression
    :param transient: see :class:`datamaestro.download.Resource`
    :param max_size: the bytes that a decompressed file may have, when the usual limit (200 for
        each compressed one, beyond the first GiB) is too narrow, or too wide
    :param name: see :class:`datamaestro.download.FileResource`
    :param varname: see :class:`datamaestro.download.FileResource`
    """

    def __init__(
        self,
        filename: str,
        url: str,
        *,
        mirrors: Iterable[str] = (),
        size: int | None = None,
        sha256: str | None = None,
        md5: str | None = None,
        checker: Checker | None = None,
        transient: bool = False,
        name: str | None = None,
        varname: str | None = None,
        max_size: int | None = None,
    ) -> None:
        super().__init__(filename, name=name, transient=transient, checker=checker, varname=varname)
        self.source = Source.of(url, mirrors, size, sha256, md5)
        self.max_size = Limit(max_size).max_size

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.source,)

    @property
    def compression(self) -> Compression | None:
        """What the download is decompressed from, or None."""
        compression = compression_of(self.source.filename)
        return None if compression is compression_of(self.filename) else compression

    @property
    def fingerprint(self) -> str:
        return _with_compressions(super().fingerprint, self._compressions)

    @property
    def _compressions(self) -> tuple[str, ...]:
        return ("" if self.compression is None else self.compression.name,)

    @property
    def finished_size(self) -> int | None:
        return self.source.size if self.compression is None else None

    @property
    def derivation(self) -> Joined:
        return Joined(self._compressions)

    def _download(self, destination: Path) -> None:
        if self.compression is None:
            self.fetch_to(self.source, destination)
            return
        if self.compression is GZIP:
            self._check_space(destination.parent)
        with self.create(destination) as file, self.open(self.source) as stream:
            self.compression.decompress(stream, file, self.source.url, Limit(self.max_size))

    def _check_space(self, folder: Path) -> None:
        """Refuse to unpack what certainly has no room.

        The size that ends a gzip file is that of its last member, modulo 2³²: there may be
        more to come, and never less. It is asked for only where it may matter.

        :raises DataDirectoryError: if there is too little space
        """
        size = self.source.size
        if size is None or shutil.disk_usage(folder).free >= size * DEFLATE_RATIO:
            return
        tail = self.binding.fetcher.fetch_tail(self.source, 4)
        if tail is not None:
            check_space(folder, int.from_bytes(tail, "little"), f"to unpack {self.filename}")

    def proves(self, path: Path) -> bool:
        """Tell whether `path` is the finished file, by the best proof there is.

        That is the checker; or, if nothing was decompressed, the declared digests or
        size; or else, for gzip, the CRC-32 and size that end the compressed file
        (RFC 1952, section 2.3.1), which the source is asked for.

        :raises VerificationError: if it certainly isn't
        """
        if super().proves(path):
            return True
        if self.compression is None:
            return _is_as_declared(path, self.source)
        if self.compression is GZIP:
            tail = self.binding.fetcher.fetch_tail(self.source, 8)
            return tail is not None and tail == _gzip_trailer(path)
        return False


class ConcatDownloader(FileResource):
    """Several files, each decompressed on the way, joined into one.

    :param filename: the name of the whole in the dataset's folder
    :param sources: the parts in order: URLs, or sources with sizes and digests; or lists
        of these
    :param checker: verifies the whole
    :param transient: see :class:`datamaestro.download.Resource`
    :param max_size: the bytes that all decompressed parts may have, as for `FileDownloader`
    :param name: see :class:`datamaestro.download.FileResource`
    :param varname: see :class:`datamaestro.download.FileResource`
    """

    def __init__(
        self,
        filename: str,
        *sources: Source | str | Iterable[Source | str],
        checker: Checker | None = None,
        transient: bool = False,
        name: str | None = None,
        varname: str | None = None,
        max_size: int | None = None,
    ) -> None:
        super().__init__(filename, name=name, transient=transient, checker=checker, varname=varname)
        self.max_size = Limit(max_size).max_size
        lists = ([item] if isinstance(item, str | Source) else item for item in sources)
        self._sources = tuple(
            item if isinstance(item, Source) else Source.of(item)
            for items in lists
            for item in items
        )
        if not self._sources:
            raise DefinitionError(
                f"{filename!r} is joined from nothing",
                where=definition_site(),
                expected="URLs or sources after the name",
            )
        for source in self._sources:
            if _ARCHIVE.search(source.filename):
                raise DefinitionError(
                    f"{source.filename!r} is an archive, whose bytes make no sense in a whole",
                    where=definition_site(),
                    hint="TarDownloader and ZipDownloader unpack it, ArchiveMember takes a file",
                )

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._sources

    @property
    def fingerprint(self) -> str:
        return _with_compressions(super().fingerprint, self._compressions)

    @property
    def _compressions(self) -> tuple[str, ...]:
        found = (compression_of(source.filename) for source in self.sources)
        return tuple("" if item is None else item.name for item in found)

    @property
    def derivation(self) -> Joined:
        return Joined(self._compressions)

    def _download(self, destination: Path) -> None:
        limit = Limit(self.max_size)
        with self.create(destination) as file:
            for source in self.sources:
                compression = compression_of(source.filename)
                with self.open(source) as stream:
                    if compression is None:
                        shutil.copyfileobj(stream, file, CHUNK_SIZE)
                    else:
                        compression.decompress(stream, file, source.url, limit)


filedownloader = FileDownloader
concatdownload = ConcatDownloader


def _with_compressions(fingerprint: str, compressions: tuple[str, ...]) -> str:
    """Add what names tell of compression: digests of downloads don't tell it."""
    return " ".join([fingerprint, *filter(None, compressions)])


def _is_as_declared(path: Path, source: Source) -> bool:
    """Tell whether a file has the declared digests, or failing any the declared size.

    :raises VerificationError: if it has others
    """
    source.check_size(path, path.stat().st_size)
    source.check_digests(path, file_digests(path, list(source.digests)))
    return bool(source.digests) or source.size is not None


def _gzip_trailer(path: Path) -> bytes:
    """Give what a gzip file of one member that holds this file ends with."""
    checksum = size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            checksum = zlib.crc32(chunk, checksum)
            size += len(chunk)
    return checksum.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
