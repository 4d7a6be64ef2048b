"""One member of an archive as a file resource."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from datamaestro.download import FileResource, Member, StoredResource
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.utils import Checker
from datamaestro_download_archive.content import is_zip_file
from datamaestro_download_archive.errors import UnsupportedArchiveError, shown
from datamaestro_download_archive.feed import open_feed
from datamaestro_download_archive.limits import Budget, Limits
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.names import safe_name
from datamaestro_download_archive.origin import FromArchive, limits, names
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.selection import not_found
from datamaestro_download_archive.shape import Shape
from datamaestro_download_archive.tar_extract import safe_members, write_member
from datamaestro_download_archive.tar_reader import TarReader
from datamaestro_download_archive.tree import removed_on_error, write_all
from datamaestro_download_archive.zip_directory import read_directory
from datamaestro_download_archive.zip_links import shape_of_zip
from datamaestro_download_archive.zip_member import ZipReader

__all__ = ["ArchiveMember", "copy_member"]


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
        label = self._label
        with removed_on_error(destination), ExitStack() as stack:
            file = stack.enter_context(self._archive_file())
            for name in self.member[:-1]:
                # Without a name in the folder where that is possible: nobody else sees it.
                inner = stack.enter_context(tempfile.TemporaryFile(dir=destination.parent))
                copy_member(file, name, inner.fileno(), label, self.limits)
                inner.seek(0)
                file, label = inner, f"{label}!{name}"
            with destination.open("xb") as result:
                copy_member(file, self.member[-1], result.fileno(), label, self.limits)


def copy_member(file: BinaryIO, wanted: str, descriptor: int, archive: str, limits: Limits) -> None:
    """Write one member of an archive, zip or tar, to an open file.

    All members are checked as if all were unpacked.

    :param file: the archive, at its beginning
    :param wanted: the member's name
    :raises ArchiveError: if the archive is unsafe, damaged, or has no such file
    """
    wanted = safe_name(wanted, archive)
    budget = Budget(limits, archive)
    if is_zip_file(file):
        _copy_from_zip(file, wanted, descriptor, budget)
    else:
        _copy_from_tar(file, wanted, descriptor, budget)


def _copy_from_zip(file: BinaryIO, wanted: str, descriptor: int, budget: Budget) -> None:
    archive = budget.archive
    zipped = RandomAccess(file)
    entries = read_directory(zipped, archive, budget.limits)
    entry = entries.get(wanted)
    if entry is None:
        raise not_found(wanted, entries, archive)
    reader = ZipReader(zipped, archive)
    shape_of_zip(reader, entries).check()
    if entry.kind is not Kind.FILE:
        raise _no_file(wanted, entry.kind, archive)
    budget.add_size(wanted, entry.size)
    budget.check_ratio(entry.packed, entry.size)
    for piece in reader.pieces(entry):
        write_all(descriptor, piece)


def _copy_from_tar(file: BinaryIO, wanted: str, descriptor: int, budget: Budget) -> None:
    """Go through a tar to its end: what follows the member may be wrong too."""
    feed = open_feed(file, budget.archive, budget, seekable=True)
    shape = Shape(budget.archive)
    reader = TarReader(feed)
    for name, member in safe_members(reader, budget):
        shape.add(name, member.kind, member.target)
        if name != wanted or member.kind is Kind.HARD_LINK:
            continue
        if member.kind is not Kind.FILE:
            raise _no_file(wanted, member.kind, budget.archive)
        budget.add_size(name, member.size)
        budget.check_ratio(member.stored, member.size)
        write_member(reader, member, descriptor)
    originals = shape.check()
    if wanted not in shape.files:
        raise not_found(wanted, shape.files, budget.archive)
    if wanted in originals:  # a hard link: its data came before it
        file.seek(0)
        again = Budget(budget.limits, budget.archive)
        _copy_from_tar(file, originals[wanted], descriptor, again)


def _no_file(name: str, kind: Kind, archive: str) -> UnsupportedArchiveError:
    return UnsupportedArchiveError(
        f"member {shown(name)} is {kind.value}",
        where=archive,
        expected="a file",
        hint="name the file itself",
    )
