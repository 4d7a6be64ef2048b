"""Archives as resources: unpacked into a folder, or one file of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from datamaestro.download import FileResource, FolderResource, Member, StoredResource, Unpacked
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.utils import Checker, HashCheck
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.one_member import copy_member
from datamaestro_download_archive.origin import FromArchive, archive_digests, limits, names
from datamaestro_download_archive.selection import normal
from datamaestro_download_archive.tree import removed_on_error
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip

__all__ = [
    "ArchiveDownloader",
    "ArchiveMember",
    "TarDownloader",
    "ZipDownloader",
    "tardownloader",
    "zipdownloader",
]


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

    @property
    def derivation(self) -> Unpacked | None:
        plan = self.plan
        if self.source is None or plan.nested:
            return None
        files = tuple(map(normal, plan.files or ()))
        return Unpacked(normal(plan.subpath or ""), files, plan.unwrap)

    def _download(self, destination: Path) -> int | None:
        return self._unpack(destination)

    @abstractmethod
    def _unpack(self, destination: Path) -> int | None:
        """Unpack the archive into a folder; give the bytes of all files, if they are known."""


class ZipDownloader(ArchiveDownloader):
    """A zip archive that is downloaded and unpacked into a folder.

    Parameters are those of `ArchiveDownloader`. ::

        @zipdownloader("data", "https://example.org/data.zip", sha256="…")
        @dataset(url="https://example.org")
        def Example(data):
            return {"path": data / "train.csv"}
    """

    def _unpack(self, destination: Path) -> int | None:
        with self._archive_file() as file:
            return unpack_zip(file, destination, self._label, self.plan)


class TarDownloader(ArchiveDownloader):
    """A tar archive, bare or in gzip, bzip2, xz or zstd, that is downloaded and unpacked.

    It is unpacked while it arrives. Its content tells how it is compressed, not its
    name. Parameters are those of `ArchiveDownloader`.
    """

    def _unpack(self, destination: Path) -> int | None:
        # What the stream's end disproves must not stay either.
        with removed_on_error(destination), self._archive_stream() as stream:
            return unpack_tar(stream, destination, self._label, self.plan)


class ArchiveMember(FromArchive, FileResource):
    """One file of a downloaded archive; nothing else of it is kept. ::

        CSV = ArchiveMember("train.csv", "https://example.org/all.zip", member="data/train.csv")

    The archive may be a zip or a tar, bare or compressed: its content tells.

    :param filename: see `FileResource`
    :param url: where the archive is; or another resource that ends as the archive's file
    :param member: the file's name in the archive; several are the way through archives
        that lie within one another: ``("inner.tar.gz", "train.csv")``
    :param checker: verifies the finished file
    :param name: see `FileResource`
    :param mirrors: further URLs of the same bytes
    :param size: the archive's size in bytes
    :param sha256: the archive's SHA-256
    :param md5: the archive's MD5
    :param transient: see `Resource`
    :param max_size: the bytes that the file may have, when the usual limits are too
        narrow, or too wide
    """

    def __init__(
        self,
        filename: str,
        url: str | StoredResource,
        *,
        member: str | Sequence[str],
        checker: Checker | None = None,
        name: str | None = None,
        mirrors: Iterable[str] = (),
        size: int | None = None,
        sha256: str | None = None,
        md5: str | None = None,
        transient: bool = False,
        max_size: int | None = None,
    ) -> None:
        super().__init__(filename, name=name, transient=transient, checker=checker)
        self._take_from(url, mirrors, size, sha256, md5)
        self.member = names([member] if isinstance(member, str) else member)
        self.limits = limits(max_size)
        if not 1 <= len(self.member) <= 1 + self.limits.nesting:
            raise DefinitionError(
                f"ArchiveMember({filename!r}) names no way to a member",
                where=definition_site(),
                expected=f"from 1 to {1 + self.limits.nesting} names",
                found=f"{len(self.member)}",
            )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint_with(member=self.member)

    @property
    def derivation(self) -> Member | None:
        if self.source is None or len(self.member) > 1:
            return None
        return Member(self.member[0])

    def _download(self, destination: Path) -> None:
        import tempfile

        budget = Budget(self.limits, self._label)
        with removed_on_error(destination), ExitStack() as stack:
            file = stack.enter_context(self._archive_file())
            for name in self.member[:-1]:
                # Without a name in the folder where that is possible: nobody else sees it.
                nameless = stack.enter_context(tempfile.TemporaryFile(dir=destination.parent))
                inner = cast("BinaryIO", nameless)
                copy_member(file, name, inner.fileno(), budget)
                inner.seek(0)
                file, budget = inner, budget.within(f"{budget.archive}!{name}")
                budget.size = 0  # what lies on the way isn't kept
            with destination.open("xb") as result:
                copy_member(file, self.member[-1], result.fileno(), budget)


zipdownloader = ZipDownloader
tardownloader = TarDownloader
