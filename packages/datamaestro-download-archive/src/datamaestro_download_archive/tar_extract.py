"""Unpacking tar archives, as they come."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from datamaestro.disk.refusals import check_space
from datamaestro_download_archive.decompress import CHUNK
from datamaestro_download_archive.errors import shown, unsafe
from datamaestro_download_archive.feed import open_feed
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.member import Kind, refuse_special
from datamaestro_download_archive.names import resolve_below, safe_name
from datamaestro_download_archive.selection import Selection, not_selected
from datamaestro_download_archive.tar_reader import TarMember, TarReader
from datamaestro_download_archive.tree import Tree, write_all

__all__ = ["extract_tar", "safe_members", "write_member"]


def safe_members(reader: TarReader, budget: Budget) -> Iterator[tuple[str, TarMember]]:
    """Give the members with their safe names; those that no archive should have are refused.

    :raises UnsafeArchiveError: for names that lead outside, and for special files
    :raises ArchiveLimitError: for too many members
    """
    archive = reader.feed.archive
    for member in reader:
        budget.add_members(1)
        name = safe_name(member.name, archive)
        if member.kind is not Kind.FILE:
            refuse_special(member.kind, member.name, archive)
        if not name and member.kind is not Kind.FOLDER:
            raise unsafe(member.name, archive, f"is {member.kind.value} named as a folder is")
        yield name, member


def extract_tar(stream: BinaryIO, tree: Tree, selection: Selection, budget: Budget) -> None:
    """Unpack what is selected of a tar archive, reading forward only.

    :param stream: the archive, bare or compressed; it may still be arriving
    :param tree: where to write
    :raises ArchiveError: if the archive is unsafe, damaged or no tar
    :raises DataDirectoryError: if a large member has no room, before it is written
    """
    feed = open_feed(stream, tree.archive, budget, ahead=True)
    try:
        reader = TarReader(feed)
        for name, member in safe_members(reader, budget):
            place = selection.place(name)
            if place is not None:
                _unpack(reader, member, name, place, tree, selection, budget)
        selection.check(tree.archive)
        selection.check_links(tree.dangling_links(), tree.archive)
    finally:
        feed.close()


def _unpack(
    reader: TarReader,
    member: TarMember,
    name: str,
    place: str,
    tree: Tree,
    selection: Selection,
    budget: Budget,
) -> None:
    if not place and member.kind is not Kind.FOLDER:
        raise selection.not_a_folder(tree.archive)
    if member.kind is Kind.FILE:
        budget.add_size(name, member.size)
        budget.add_holes(member.size - member.stored, member.stored)
        if member.stored > CHUNK:
            # What all members together need is known only after the last one.
            check_space(tree.root, member.stored, f"to unpack {shown(name)} of {tree.archive}")
        descriptor = tree.create(place, executable=member.executable)
        try:
            write_member(reader, member, descriptor)
        finally:
            os.close(descriptor)
    elif member.kind is Kind.FOLDER:
        if place:
            tree.make_folder(place)
    elif member.kind is Kind.SYMBOLIC_LINK:
        target = resolve_below(name, member.target, tree.archive, selection.subpath)
        tree.add_link(place, target)
    else:
        original = selection.place(safe_name(member.target, tree.archive))
        if not original:
            raise not_selected(name, member.kind, member.target, tree.archive)
        tree.add_hard_link(place, original)


def write_member(reader: TarReader, member: TarMember, descriptor: int) -> None:
    """Write the data of the member that came last to an open file; holes stay holes."""
    if member.extents is None:
        if member.stored <= CHUNK:
            data = reader.small(member)
            if data:
                write_all(descriptor, data)
            return
        for _, piece in reader.pieces(member):
            write_all(descriptor, piece)
        return
    for offset, piece in reader.pieces(member):
        os.lseek(descriptor, offset, os.SEEK_SET)
        write_all(descriptor, piece)
    os.ftruncate(descriptor, member.size)
