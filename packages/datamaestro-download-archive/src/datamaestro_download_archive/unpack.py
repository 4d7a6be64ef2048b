"""Unpacking an archive into a folder: the archive, then the archives within it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from datamaestro.disk.names import rename, unlink
from datamaestro_download_archive.content import is_zip_file
from datamaestro_download_archive.errors import ArchiveLimitError, shown, unsafe
from datamaestro_download_archive.limits import Budget, Limits
from datamaestro_download_archive.random_access import RandomAccess
from datamaestro_download_archive.selection import Selection, to_nested
from datamaestro_download_archive.tar_extract import extract_tar
from datamaestro_download_archive.tree import Tree, free_name, removed_on_error
from datamaestro_download_archive.zip_extract import extract_zip

__all__ = ["Plan", "unpack_tar", "unpack_zip", "without_suffix"]

_SUFFIX = re.compile(
    r"(?:\.zip|\.tgz|\.tbz2?|\.txz|\.tzst|\.tar(?:\.(?:gz|bz2|xz|zst))?)$", re.IGNORECASE
)


class Plan(NamedTuple):
    """How to unpack an archive.

    :param subpath: see `Selection`
    :param files: see `Selection`
    :param unwrap: whether a single top folder gives way to what is in it
    :param nested: members that are archives, to be unpacked in their place; named as files
        are for `Selection`
    :param limits: how much may come out
    """

    subpath: str | None = None
    files: tuple[str, ...] | None = None
    unwrap: bool = True
    nested: tuple[str, ...] = ()
    limits: Limits = Limits()


def unpack_tar(stream: BinaryIO, destination: Path, archive: str, plan: Plan) -> int | None:
    """Unpack a tar archive, bare or compressed, into a folder that doesn't exist yet.

    The stream is read forward only, and not necessarily to its end. When an error is
    raised, nothing is left at `destination`.

    :param archive: its URL or path, for messages
    :return: the bytes of all files; None where there are links too, or nested archives
    :raises ArchiveError: if it is unsafe, damaged, no tar, or lacks what is selected
    """
    budget = Budget(plan.limits, archive)
    with _tree(destination, budget) as tree:
        selection = Selection(plan.subpath, plan.files)
        extract_tar(stream, tree, selection, budget)
        return _finished(tree, plan, selection.subpath, budget)


def unpack_zip(file: BinaryIO, destination: Path, archive: str, plan: Plan) -> int | None:
    """Unpack a zip archive into a folder that doesn't exist yet.

    When an error is raised, nothing is left at `destination`.

    :param archive: its URL or path, for messages
    :return: the bytes of all files; None where there are links too, or nested archives
    :raises ArchiveError: if it is unsafe, damaged, no zip, or lacks what is selected
    """
    budget = Budget(plan.limits, archive)
    with _tree(destination, budget) as tree:
        selection = Selection(plan.subpath, plan.files)
        extract_zip(RandomAccess(file), tree, selection, budget)
        return _finished(tree, plan, selection.subpath, budget)


@contextmanager
def _tree(destination: Path, budget: Budget) -> Iterator[Tree]:
    with removed_on_error(destination):
        yield Tree(destination, budget)


def _finished(tree: Tree, plan: Plan, subpath: str, budget: Budget) -> int | None:
    """Give a tree its last form, and tell the bytes of all files, if they are known.

    :param subpath: the folder of the archive whose members are in the tree
    """
    top = tree.finish(unwrap=plan.unwrap)
    if plan.nested:
        wanted = Selection(files=plan.nested)
        _unpack_nested(tree, _joined(subpath, top), wanted, plan, budget, 1)
        wanted.check(tree.archive)
    return None if plan.nested or tree.has_links else budget.size


def without_suffix(name: str) -> str:
    """Give the name of the folder for a nested archive: without the suffix of an archive.

    It stays as it is if nothing would be left that can be a name.

    >>> without_suffix("train/n01440764.tar.gz")
    'train/n01440764'
    >>> without_suffix("train/..zip")
    'train/..zip'
    """
    shorter = _SUFFIX.sub("", name)
    return name if shorter.rpartition("/")[2] in ("", ".", "..") else shorter


def _joined(*parts: str) -> str:
    return "/".join(filter(None, parts))


def _unpack_nested(
    tree: Tree, folder: str, wanted: Selection, plan: Plan, budget: Budget, level: int
) -> None:
    """Replace the archives that are wanted by folders of what they hold.

    :param folder: the folder of the archive that the tree's root stands for
    """
    members = _matching(tree.root, folder, wanted)
    for link, target in tree.links():
        if target in members and without_suffix(target) != target:
            raise to_nested(link, target, tree.archive)
    for path in sorted(members.values()):
        archive = f"{tree.archive}!{path.relative_to(tree.root).as_posix()}"
        if level > plan.limits.nesting:
            raise ArchiveLimitError(
                f"archives lie too deep within one another, with {shown(path.name)}",
                where=tree.archive,
                expected=f"at most {plan.limits.nesting} levels",
                found=f"{level}",
                hint="name fewer members in nested=",
            )
        packed = free_name(path)
        rename(path, packed)
        place = path.with_name(without_suffix(path.name))
        if os.path.lexists(place):
            raise unsafe(
                path.name, tree.archive, f"is an archive, and {place.name!r} is there already"
            )
        inner_budget = budget.within(archive)
        inner = Tree(place, inner_budget)
        with packed.open("rb") as file:
            if is_zip_file(file):
                extract_zip(RandomAccess(file), inner, Selection(), inner_budget)
            else:
                extract_tar(file, inner, Selection(), inner_budget)
        unlink(packed)
        top = inner.finish(unwrap=plan.unwrap)
        _unpack_nested(inner, top, wanted, plan, inner_budget, level + 1)
        budget.take_over(inner_budget)


def _matching(root: Path, folder: str, wanted: Selection) -> dict[str, Path]:
    """Give the wanted files below `root`, which stands for `folder`, by name."""
    found = {}
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent, name)
            member = _joined(folder, path.relative_to(root).as_posix())
            if not path.is_symlink() and wanted.place(member) is not None:
                found[member] = path
    return found
