"""One member of an archive, written to a file."""

from __future__ import annotations

from copy import copy
from typing import BinaryIO

from datamaestro_download_archive.content import is_zip_file
from datamaestro_download_archive.errors import UnsupportedArchiveError, shown
from datamaestro_download_archive.feed import open_feed
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.names import safe_name
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.selection import not_found
from datamaestro_download_archive.shape import Shape
from datamaestro_download_archive.tar_extract import safe_members, write_member
from datamaestro_download_archive.tar_reader import TarReader
from datamaestro_download_archive.tree import write_all
from datamaestro_download_archive.zip_directory import read_directory
from datamaestro_download_archive.zip_links import shape_of_zip
from datamaestro_download_archive.zip_member import ZipReader

__all__ = ["copy_member"]


def copy_member(file: BinaryIO, wanted: str, descriptor: int, budget: Budget) -> None:
    """Write one member of an archive, zip or tar, to an open file.

    All members are checked as if all were unpacked.

    :param file: the archive, at its beginning
    :param wanted: the member's name
    :param budget: limits how much comes out; names the archive
    :raises ArchiveError: if the archive is unsafe, damaged, or has no such file
    """
    wanted = safe_name(wanted, budget.archive)
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
    budget.add_unpacked(entry.packed, entry.size)
    for piece in reader.pieces(entry):
        write_all(descriptor, piece)


def _copy_from_tar(file: BinaryIO, wanted: str, descriptor: int, budget: Budget) -> None:
    """Go through a tar to its end: what follows the member may be wrong too."""
    again = copy(budget)
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
        budget.add_holes(member.size - member.stored, member.stored)
        write_member(reader, member, descriptor)
    originals = shape.check()
    if wanted not in shape.files:
        raise not_found(wanted, shape.files, budget.archive)
    if wanted in originals:  # a hard link: its data came before it
        file.seek(0)
        _copy_from_tar(file, originals[wanted], descriptor, again)


def _no_file(name: str, kind: Kind, archive: str) -> UnsupportedArchiveError:
    return UnsupportedArchiveError(
        f"member {shown(name)} is {kind.value}",
        where=archive,
        expected="a file",
        hint="name the file itself",
    )
