"""What the members of an archive are to one another, when none is written to disk.

Extraction finds these faults at the file system (see `tree`); reading in place and
reading one member find them here, so that an archive is refused either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from datamaestro_download_archive.errors import shown, unsafe
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.names import LinkTarget, resolve_link, safe_name
from datamaestro_download_archive.plain_names import folders_above

__all__ = ["Shape", "check_parents"]


def check_parents(names: Iterable[str], leaves: Set[str], archive: str) -> None:
    """Check that nothing lies below a member that isn't a folder.

    :param names: of all members
    :param leaves: of those that aren't folders
    :raises UnsafeArchiveError: if something does
    """
    for folders in folders_above(names):
        for folder in sorted(folders & leaves):
            raise unsafe(folder, archive, "isn't a folder, and other members lie below it")


class Shape:
    """Collects members by their safe names, and judges them as a whole.

    :param archive: the archive, for messages
    :ivar files: the names of the files; a hard link is one
    """

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self._folders: set[str] = set()
        self.files: set[str] = set()
        self._links: dict[str, LinkTarget] = {}
        self._originals: dict[str, str] = {}

    def add(self, name: str, kind: Kind, target: str = "") -> None:
        """Add a member.

        :param target: what it holds, for a link
        :raises UnsafeArchiveError: for a second one of that name, or a link that leads
            outside
        """
        if kind is Kind.FOLDER:
            self._folders.add(name)
            return
        if name in self.files or name in self._links:
            raise unsafe(name, self.archive, "is there twice")
        if kind is Kind.FILE:
            self.files.add(name)
        elif kind is Kind.SYMBOLIC_LINK:
            self._links[name] = resolve_link(name, target, self.archive)
        else:
            original = safe_name(target, self.archive)
            if original not in self.files:
                raise unsafe(
                    name,
                    self.archive,
                    f"is a hard link to {shown(target)}, which no earlier member is",
                )
            self.files.add(name)
            self._originals[name] = self._originals.get(original, original)

    def check(self) -> dict[str, str]:
        """Check how members lie to one another; give the files that links lead to, by link.

        The files have data of their own: they aren't hard links.

        :raises UnsafeArchiveError: for members below a file or a link, links through
            links, and names that are a folder's too
        """
        for name in self._folders:
            if name in self.files or name in self._links:
                raise unsafe(name, self.archive, "is there twice")
        leaves = {*self.files, *self._links}
        check_parents([*leaves, *self._folders], leaves, self.archive)
        return self._originals | {
            link: self._originals.get(target.place, target.place)
            for link, target in self._links.items()
            if self._leads_to_file(link, target)
        }

    def _leads_to_file(self, link: str, target: LinkTarget) -> bool:
        if any(place in self._links for place in target.through()):
            raise unsafe(link, self.archive, "is a link that leads through another link")
        return target.place in self.files
