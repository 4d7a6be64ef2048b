"""Archives as resources: downloaded, unpacked into a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from datamaestro.download import FolderResource, StoredResource, Unpacked
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.utils import Checker, HashCheck
from datamaestro_download_archive.origin import FromArchive, archive_digests, limits, names
from datamaestro_download_archive.tree import removed_on_error
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip

__all__ = ["ArchiveDownloader", "TarDownloader", "ZipDownloader", "tardownloader", "zipdownloader"]


class ArchiveDownloader(FromArchive, FolderResource):
    """An archive that is downloaded and unpacked into a folder.

    Names are those in the archive, before a folder is unwrapped. Whatever an archive
    says of owners, modification times and permissions, files get those of their
    extraction; only the right to execute is kept. Where there can be no links (exFAT, and
    Windows without the right), what they lead to is copied.

    :param name: the resource's name, and the folder's
    :param url: where the archive is; or another resource that ends as the archive's file
    :param subpath: a folder of the archive: only what lies below it is unpacked, and is
        named from there on
    :param files: names of files, of folders with all below them, or globs: only these
        are unpacked. ``*`` stands for any characters, also for ``/``
    :param checker: verifies the finished folder; a `HashCheck`, which no folder can pass, is
        of the archive, by MD5 or SHA-256
    :param mirrors: further URLs of the same bytes
    :param size: the archive's size in bytes
    :param sha256: the archive's SHA-256
    :param md5: the archive's MD5
    :param transient: see `Resource`
    :param unwrap: whether a single top folder gives way to what is in it
    :param nested: names or globs, as in `files`, of members that are archives themselves,
        also of members of such: each is replaced by a folder of what it holds, named
        without the archive's suffix
    :param max_size: the bytes that all files together may have, when the usual limits
        (see `Limits`) are too narrow, or too wide
    """

    def __init__(
        self,
        name: str,
        url: str | StoredResource,
        subpath: str | None = None,
        checker: Checker | None = None,
        files: Iterable[str] | None = None,
        *,
        mirrors: Iterable[str] = (),
        size: int | None = None,
        sha256: str | None = None,
        md5: str | None = None,
        transient: bool = False,
        unwrap: bool = True,
        nested: Iterable[str] = (),
        max_size: int | None = None,
    ) -> None:
        if isinstance(checker, HashCheck):
            # A folder has no hash: in definitions for version 1, it is the archive's.
            sha256, md5 = archive_digests(checker, sha256, md5)
            checker = None
        super().__init__(name, transient=transient, checker=checker)
        self._take_from(url, mirrors, size, sha256, md5)
        if files is not None and not (files := names(files)):
            raise DefinitionError(
                f"{name!r} selects no files",
                where=definition_site(),
                expected="names or globs of files; or no files=, for all of them",
                found="files=[]",
            )
        self.plan = Plan(
            subpath=None if subpath is None else names([subpath])[0],
            files=None if files is None else tuple(sorted(files)),
            unwrap=unwrap,
            nested=tuple(sorted(names(nested))),
            limits=limits(max_size),
        )

    @property
    def fingerprint(self) -> str:
        plan = self.plan
        return self._fingerprint_with(
            subpath=plan.subpath,
            files=plan.files,
            unwrap=None if plan.unwrap else False,
            nested=plan.nested,
        )

    def _derivation(self) -> Unpacked | None:
        """Give the derivation, unless the archive comes from elsewhere or holds others."""
        plan = self.plan
        if self.source is None or plan.nested:
            return None
        return Unpacked(plan.subpath or "", plan.files or (), plan.unwrap)


class ZipDownloader(ArchiveDownloader):
    """A zip archive that is downloaded and unpacked into a folder.

    Parameters are those of `ArchiveDownloader`. ::

        @zipdownloader("data", "https://example.org/data.zip", sha256="…")
        @dataset(url="https://example.org")
        def Example(data):
            return {"path": data / "train.csv"}
    """

    @property
    def derivation(self) -> Unpacked | None:
        return self._derivation()

    def _download(self, destination: Path) -> int | None:
        with self._archive_file() as file:
            return unpack_zip(file, destination, self._label, self.plan)


class TarDownloader(ArchiveDownloader):
    """A tar archive, bare or in gzip, bzip2, xz or zstd, that is downloaded and unpacked.

    It is unpacked while it arrives. Its content tells how it is compressed, not its
    name. Parameters are those of `ArchiveDownloader`.
    """

    @property
    def derivation(self) -> Unpacked | None:
        return self._derivation()

    def _download(self, destination: Path) -> int | None:
        # What the stream's end disproves must not stay either.
        with removed_on_error(destination), self._archive_stream() as stream:
            return unpack_tar(stream, destination, self._label, self.plan)


zipdownloader = ZipDownloader
tardownloader = TarDownloader
