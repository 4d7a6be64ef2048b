"""Archives whose files are read in place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from datamaestro.data import Folder, Meta
from datamaestro_download_archive.errors import DamagedArchiveError, UnsupportedArchiveError

if TYPE_CHECKING:
    from datamaestro_download_archive.contents import Contents
    from datamaestro_download_archive.limits import Limits

__all__ = ["ArchiveFolder"]


class ArchiveFolder(Folder):
    """An archive whose files are read in place, without unpacking: one inode for all.

    For zips, for uncompressed tars, and for compressed tars that have an index. ::

        folder = ArchiveFolder(path="images.zip")
        folder.read("train/0001.png")

    Building one opens nothing. The archive's directory is read at the first use and
    kept; a value can be pickled, shared by threads, and used in forked or spawned
    processes. When the archive changes, it is looked into again.

    :param path: where the archive lies
    :param max_size: the bytes that a file may have, when the usual limits are too
        narrow, or too wide (see `Limits`)
    """

    max_size: Meta[int | None] = None

    def names(self) -> list[str]:
        """Give the names of all files, in the archive's order; folders have none.

        A link to a file is a file; one that leads to nothing in the archive isn't.

        :raises ArchiveError: if the archive is unsafe, damaged, or can't be read in place
        """
        return list(self._files())

    def open(self, name: str, mode: str = "rb") -> IO[Any]:
        """Open a file; text modes read UTF-8.

        It can seek. What is compressed is verified when it is read to its end.

        :param name: as in the archive, with or without ``./``
        :raises MemberNotFoundError: if there is no file of that name
        :raises ArchiveError: as :meth:`names`
        """
        if mode not in ("r", "rt", "rb", "br", "tr"):
            raise ValueError(f"archives are only read: no mode {mode!r}")
        archive = self._open_archive()
        try:
            contents, known = self._find(name, archive)
            file = contents.open(known, archive)
        except BaseException:
            archive.close()
            raise
        return file if "b" in mode else TextIOWrapper(file, encoding="utf-8")

    def read(self, name: str) -> bytes:
        """Read a file, verified where the archive has checksums (zips do).

        :raises MemberNotFoundError: if there is no file of that name
        :raises ArchiveError: as :meth:`names`
        """
        with self._open_archive() as archive:
            contents, known = self._find(name, archive)
            return contents.read(known, archive)

    def write_index(self) -> Path:
        """Keep beside a tar where its files lie, so that it need not be gone through again.

        A compressed tar can be read in place once it has an index: fast if it was
        compressed in parallel (``bgzip``, ``pzstd`` …), else by decompressing all that lies
        before a file. Zips need none.

        :return: the index's path: beside the archive, ``.NAME.index`` for an archive ``NAME``
        :raises UnsupportedArchiveError: for a zip, and for what isn't an archive
        :raises ArchiveError: if the archive is unsafe or damaged
        """
        from datamaestro_download_archive.content import is_zip_file
        from datamaestro_download_archive.tar_index import save_index, scan_tar

        with self.path.open("rb") as file:
            if is_zip_file(file):
                raise UnsupportedArchiveError(
                    "a zip needs no index",
                    where=self.path,
                    expected="a tar",
                    found="a zip, whose own directory tells where its files lie",
                    hint="read it in place as it is",
                )
            index = scan_tar(file, str(self.path), self._limits())
            self.__dict__.pop("_kept", None)
            return save_index(self.path, file, index)

    def __len__(self) -> int:
        return len(self._files())

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        files = self._files()
        if name in files:
            return True
        from datamaestro_download_archive.selection import normal

        return isinstance(name, str) and normal(name) in files

    def __bool__(self) -> bool:
        return True  # and opens nothing

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_kept"}

    def _open_archive(self) -> BinaryIO:
        return self.path.open("rb", buffering=0)

    def _files(self) -> Mapping[str, object]:
        status = os.stat(self.path)  # noqa: PTH116  (a tenth of the time of Path's)
        contents = self._kept_of(status)
        if contents is None:
            with self._open_archive() as archive:
                contents = self._look_into(archive)
        return contents.files

    def _find(self, name: str, archive: BinaryIO) -> tuple[Contents, str]:
        """Give what an open archive holds, whatever lies at its path by now, and a name in it.

        :raises MemberNotFoundError: if there is no file of that name
        """
        contents = self._kept_of(os.fstat(archive.fileno())) or self._look_into(archive)
        try:
            return contents, contents.find(name, archive)
        except DamagedArchiveError:
            # A file may get other bytes within a tick of the clock that dates it.
            contents = self._look_into(archive)
            return contents, contents.find(name, archive)

    def _kept_of(self, status: os.stat_result) -> Contents | None:
        """Give what was seen before, if it was in the file of this status."""
        kept: tuple[object, Contents] | None = self.__dict__.get("_kept")
        return kept[1] if kept is not None and kept[0] == _version(status) else None

    def _look_into(self, archive: BinaryIO) -> Contents:
        from datamaestro_download_archive.contents import contents_of

        version = _version(os.fstat(archive.fileno()))
        contents = contents_of(archive, self.path, self._limits())
        # Two threads may both look: they see the same, and one of the two is kept.
        self.__dict__["_kept"] = (version, contents)
        return contents

    def _limits(self) -> Limits:
        from datamaestro_download_archive.limits import Limits

        return Limits().raised_to(self.max_size)


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Give what differs for a file that was replaced or changed, even by ``cp -p``."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
