"""Which members are wanted, and what they are called on disk."""

from __future__ import annotations

import bisect
import difflib
import fnmatch
import re
from collections.abc import Iterable

from datamaestro_download_archive.errors import MemberNotFoundError, shown
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.plain_names import with_folders

__all__ = ["Selection", "neighbours", "normal", "not_found", "not_selected", "to_nested"]

_MOST_SUGGESTIONS = 5
_MOST_COMPARED = 20_000
_NEIGHBOURS = 100
_LONGEST_COMPARED = 255
_GLOB = re.compile(r"[*?\[]")


class Selection:
    """Which members are wanted, and what they are called on disk.

    Names are those in the archive, before any folder is unwrapped.

    :param subpath: a folder of the archive: what lies below it is wanted, and is
        named from there on
    :param files: names of files, of folders with all below them, or globs, in which
        ``*`` stands for any characters, also for ``/`` (as for unzip and tar)
    """

    def __init__(self, subpath: str | None = None, files: Iterable[str] | None = None) -> None:
        self.subpath = normal(subpath) if subpath else ""
        self.files = None if files is None else tuple(sorted(normal(file) for file in files))
        self._exact = frozenset(self.files or ())
        self._globs = {
            file: re.compile(fnmatch.translate(file)) for file in self._exact if _GLOB.search(file)
        }
        self._unmatched = set(self._exact)
        self._found_subpath = False
        self._seen: list[str] = []
        self.everything = not self.subpath and self.files is None

    def __repr__(self) -> str:
        return f"Selection({self.subpath!r}, {self.files!r})"

    def place(self, name: str) -> str | None:
        """Give the name on disk of the member `name`, or None if it isn't wanted.

        A folder that the selection begins with is named ``""``.
        """
        if self.everything:
            return name
        if len(self._seen) < _MOST_COMPARED:
            self._seen.append(name)
        place = self._below(name)
        return place if place is not None and self._is_listed(name) else None

    def _below(self, name: str) -> str | None:
        """Give the name of a member below the subpath; None if it isn't there."""
        if not self.subpath:
            return name
        if name != self.subpath and not name.startswith(f"{self.subpath}/"):
            return None
        self._found_subpath = True
        return name[len(self.subpath) + 1 :]

    def _is_listed(self, name: str) -> bool:
        if self.files is None:
            return True
        listed = False
        parent = name
        while parent:
            if parent in self._exact:
                self._unmatched.discard(parent)
                listed = True
            parent = parent.rpartition("/")[0]
        for file, glob in self._globs.items():
            if glob.match(name):
                self._unmatched.discard(file)
                listed = True
        return listed

    def not_a_folder(self, archive: str) -> MemberNotFoundError:
        """Make the error about a subpath that is a file."""
        return MemberNotFoundError(
            f"member {shown(self.subpath)} isn't a folder",
            where=archive,
            expected="a folder as the subpath",
            hint="name it in files=, or use ArchiveMember for a single file",
        )

    def check(self, archive: str) -> None:
        """Check, after all members were placed, that each part of the selection matched.

        :raises MemberNotFoundError: if one didn't
        """
        if self.subpath and not self._found_subpath:
            tops = {name.partition("/")[0] for name in self._seen if "/" in name}
            parents = {name.rpartition("/")[0] for name in self._seen}
            raise not_found(self.subpath, sorted((tops | parents) - {""}), archive)
        for file in sorted(self._unmatched):
            names = [name for name in self._seen if self._below(name)]
            raise not_found(file, names, archive, self.subpath)

    def check_links(self, dangling: Iterable[tuple[str, str]], archive: str) -> None:
        """Check, after all members were placed, that links lead to nothing that was left out.

        A link that dangles in the archive itself stays as it is.

        :param dangling: names on disk of links that lead to nothing, and of where they lead
        :raises MemberNotFoundError: if one leads to what isn't selected
        """
        if self.files is None:  # below a subpath, nothing is left out
            return
        there: set[str] = set()
        for link, place in dangling:
            there = there or with_folders(self._seen)
            target = self._name(place)
            if target in there or len(self._seen) == _MOST_COMPARED:  # not all were noted
                raise not_selected(self._name(link), Kind.SYMBOLIC_LINK, target, archive)

    def _name(self, place: str) -> str:
        """Give the name in the archive of what is at `place` on disk."""
        return f"{self.subpath}/{place}" if self.subpath else place


def normal(name: str) -> str:
    """Give a name as those of members are: with single slashes, and without dots."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def not_selected(link: str, kind: Kind, target: str, archive: str) -> MemberNotFoundError:
    """Make the error about a link that is wanted without what it leads to."""
    return MemberNotFoundError(
        f"member {shown(link)} is {kind.value} to {shown(target)}, which isn't selected",
        where=archive,
        hint="add it to the resource's files",
    )


def to_nested(link: str, target: str, archive: str) -> MemberNotFoundError:
    """Make the error about a link to an archive that becomes a folder of another name."""
    return MemberNotFoundError(
        f"member {shown(link)} is {Kind.SYMBOLIC_LINK.value} to {shown(target)}, which is unpacked",
        where=archive,
        expected="links to what stays where it is",
        hint="leave the link out with the resource's files, or the archive with its nested",
    )


def not_found(
    wanted: str, names: Iterable[str], archive: str, folder: str = ""
) -> MemberNotFoundError:
    """Make the error about a member that the archive doesn't hold: with the nearest names.

    :param folder: the folder of the archive that the names are in
    """
    known = list(dict.fromkeys(names))[:_MOST_COMPARED]
    near = difflib.get_close_matches(wanted, neighbours(wanted, known), _MOST_SUGGESTIONS, 0.5)
    end = wanted.rpartition("/")[2]
    near += [name for name in known if name.rpartition("/")[2] == end and name not in near]
    listed = ", ".join(map(shown, near[:_MOST_SUGGESTIONS] or known[:_MOST_SUGGESTIONS]))
    return MemberNotFoundError(
        f"the archive has no member {shown(wanted)}{f' in {shown(folder)}' if folder else ''}",
        where=archive,
        expected="a name in the archive, or a glob that matches one",
        found=f"{'the nearest are ' if near else 'among others '}{listed}"
        if known
        else "no member",
        hint="correct the resource's subpath, files, nested or member",
    )


def neighbours(wanted: str, names: list[str]) -> list[str]:
    """Give the names that come next to it in the order of their beginnings, or of their ends.

    To compare it with each of 20,000 names letter by letter takes seconds.
    """
    found = []
    for step in (1, -1):
        ordered = sorted(name[::step] for name in names if len(name) <= _LONGEST_COMPARED)
        at = bisect.bisect(ordered, wanted[::step])
        found += [name[::step] for name in ordered[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]]
    return list(dict.fromkeys(found))
