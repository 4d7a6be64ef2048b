"""Unpacking zip archives: all is checked before anything is written."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from datamaestro.disk.refusals import check_space
from datamaestro.waiting import each_ended
from datamaestro_download_archive.decompress import CHUNK
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.names import resolve_below
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.selection import Selection
from datamaestro_download_archive.tree import Tree, write_all
from datamaestro_download_archive.zip_directory import read_directory
from datamaestro_download_archive.zip_entry import ZipEntry
from datamaestro_download_archive.zip_links import link_target
from datamaestro_download_archive.zip_member import ZipReader

__all__ = ["extract_zip"]

MOST_WORKERS = 8
"""Threads that unpack large members: beyond that the disk is the limit."""

Placed = tuple[ZipEntry, str]


def extract_zip(file: RandomAccess, tree: Tree, selection: Selection, budget: Budget) -> None:
    """Unpack what is selected of a zip.

    Small members are written by this thread: Python's lock makes threads only get
    in each other's way there. Large ones, where the time goes into inflating, are
    shared among threads.

    :raises ArchiveError: if the archive is unsafe, damaged or no zip
    """
    entries = read_directory(file, tree.archive, budget.limits)
    budget.add_members(len(entries))
    reader = ZipReader(file, tree.archive)
    small: list[Placed] = []
    large: list[Placed] = []
    for entry, place in _place(entries, tree, selection, budget):
        if entry.kind is Kind.SYMBOLIC_LINK:
            target = link_target(reader, entry)
            tree.add_link(place, resolve_below(entry.name, target, tree.archive, selection.subpath))
        elif entry.size > CHUNK or entry.packed > CHUNK:
            tree.make_parents(place)
            large.append((entry, place))
        else:
            small.append((entry, place))
    with _large_in_threads(reader, tree, large):
        for entry, place in small:
            _write_small(reader, tree, entry, place)
    selection.check_links(tree.dangling_links(), tree.archive)


def _place(
    entries: Mapping[str, ZipEntry], tree: Tree, selection: Selection, budget: Budget
) -> list[Placed]:
    """Make the folders, and give the other entries that are wanted, in the file's order."""
    wanted = []
    packed = size = 0
    for name, entry in entries.items():
        place = selection.place(name)
        if place is None:
            continue
        if entry.is_folder:
            tree.make_folder(place)
            continue
        if not place:
            raise selection.not_a_folder(tree.archive)
        packed += entry.packed
        size += entry.size
        budget.add_size(name, entry.size)
        wanted.append((entry, place))
    selection.check(tree.archive)
    budget.add_unpacked(packed, size)
    check_space(tree.root, size, f"to unpack {tree.archive}")
    wanted.sort(key=_offset)
    return wanted


def _offset(item: Placed) -> int:
    return item[0].offset


def _write_small(reader: ZipReader, tree: Tree, entry: ZipEntry, place: str) -> None:
    data = reader.read(entry)
    descriptor = tree.create(place, executable=entry.executable)
    try:
        if data:
            write_all(descriptor, data)
    finally:
        os.close(descriptor)


@contextmanager
def _large_in_threads(reader: ZipReader, tree: Tree, large: list[Placed]) -> Iterator[None]:
    """Write large members in threads while the block runs; the first error stops all."""
    if not large:
        yield
        return
    # 4 ms to import: a quarter of what it takes to read one member in place.
    from concurrent.futures import ThreadPoolExecutor

    stop = threading.Event()

    def write(item: Placed) -> None:
        entry, place = item
        descriptor = tree.create(place, executable=entry.executable)
        try:
            for piece in reader.pieces(entry):
                if stop.is_set():
                    return
                write_all(descriptor, piece)
        finally:
            os.close(descriptor)

    workers = min(MOST_WORKERS, len(large), os.cpu_count() or 1)
    # The largest first, so that no thread is left alone with one at the end.
    large.sort(key=lambda item: item[0].size, reverse=True)
    with ThreadPoolExecutor(workers, thread_name_prefix="unzip") as pool:
        futures = [pool.submit(write, item) for item in large]
        try:
            yield
            for future in each_ended(futures):
                future.result()
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
