"""The only place that writes members to disk.

Files are created exclusively, so that nothing is ever overwritten, and it is the
file system itself that tells when two names are one for it. Symbolic links are
made last: as long as members are written, no link exists that a path could lead
through. Modification times are those of the extraction, permissions those that the
user's mask gives; of an archive's mode only the owner's right to execute counts.
"""

from __future__ import annotations

import errno
import logging
import os
import posixpath
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datamaestro.disk.files import remove
from datamaestro.disk.links import NO_LINKS
from datamaestro.disk.names import rename
from datamaestro_download_archive.errors import UnsafeArchiveError, shown, unsafe
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.names import LinkTarget, fold

__all__ = ["Tree", "free_name", "removed_on_error", "write_all"]

logger = logging.getLogger(__name__)

_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)
_NAME_ERRORS = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of `data`; one call may write less."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, memoryview(data)[written:])


class Tree:
    """Writes files, folders and links below a folder that it makes.

    All names are safe, relative, and separated by slashes.

    :param root: the folder; it must not exist
    :param budget: what is left of the archive's limits; a folder that members lie in counts
        as one, even if the archive doesn't have it
    """

    def __init__(self, root: Path, budget: Budget) -> None:
        self.root = root
        self.archive = budget.archive
        self._budget = budget
        self._prefix = f"{root}{os.sep}"
        self._folders = {""}
        self._links: dict[str, LinkTarget] = {}
        root.mkdir()

    def create(self, name: str, *, executable: bool = False) -> int:
        """Create a file, and the folders above it; give its descriptor.

        :raises UnsafeArchiveError: if something has that name already, or the file
            system can't hold it
        """
        self.make_parents(name)
        try:
            return os.open(self._prefix + name, _CREATE, 0o777 if executable else 0o666)
        except OSError as error:
            raise self._explained(error, name) from error

    def make_parents(self, name: str) -> None:
        """Make the folders above a member.

        :raises UnsafeArchiveError: as :meth:`make_folder`
        """
        parent = name.rpartition("/")[0]
        if parent not in self._folders:
            self._budget.add_members(1)
            self.make_folder(parent)

    def make_folder(self, name: str) -> None:
        """Make the folder that a member is, and those above it; it may have been made before.

        :raises ArchiveLimitError: if these are too many
        :raises UnsafeArchiveError: as :meth:`create`
        """
        missing = []
        while name not in self._folders:
            missing.append(name)
            name = name.rpartition("/")[0]
        self._budget.add_members(len(missing[1:]))
        for folder in reversed(missing):
            if folder in self._links:
                raise unsafe(folder, self.archive, "is a link, and other members lie below it")
            try:
                os.mkdir(self._prefix + folder)  # noqa: PTH102  (a path for each costs as much)
            except OSError as error:
                raise self._explained(error, folder) from error
            self._folders.add(folder)

    def add_link(self, name: str, target: LinkTarget) -> None:
        """Remember a symbolic link; its target is a path below the root.

        :raises UnsafeArchiveError: if something has that name already
        """
        if name in self._links or name in self._folders:
            raise self._duplicate(name)
        self.make_parents(name)
        self._links[name] = target

    def add_hard_link(self, name: str, target: str) -> None:
        """Give the file `target`, which was written before, a second name.

        :raises UnsafeArchiveError: if `target` isn't such a file
        :raises ArchiveLimitError: if its bytes, counted once more, are too many
        """
        path = self._prefix + target
        if target in self._links:
            raise unsafe(name, self.archive, f"is a hard link to a link, {shown(target)}")
        if not os.path.isfile(path):  # noqa: PTH113
            raise unsafe(
                name, self.archive, f"is a hard link to {shown(target)}, which no earlier member is"
            )
        self.make_parents(name)
        try:
            os.link(path, self._prefix + name)
        except FileExistsError as error:
            raise self._explained(error, name) from error
        except (OSError, NotImplementedError):  # a file system without hard links
            self._copy(path, name)
        else:
            # Counted in full: another file system would have to copy it.
            self._budget.add_size(name, os.path.getsize(path))  # noqa: PTH202

    @property
    def has_links(self) -> bool:
        """Whether there are symbolic links."""
        return bool(self._links)

    def links(self) -> Iterator[tuple[str, str]]:
        """Give the symbolic links, and where they lead, by their names in the archive."""
        for name, target in self._links.items():
            start = f"{target.below}/" if target.below else ""
            yield start + name, start + target.place

    def dangling_links(self) -> Iterator[tuple[str, str]]:
        """Give the symbolic links that lead to nothing so far, and where they lead."""
        for name, target in self._links.items():
            if target.place not in self._links and not os.path.exists(self._prefix + target.place):  # noqa: PTH110
                yield name, target.place

    def finish(self, *, unwrap: bool) -> str:
        """Make the links, and if there is a single top folder, put it in the root's place.

        :return: the name of the top folder that was unwrapped, or ``""``
        :raises UnsafeArchiveError: for links that lead outside, or through other links
        """
        top = self._single_top() if unwrap else ""
        for name in self._links:
            self._check_link(name, top)
        for name in sorted(self._links):
            if not self._make_link(name):
                self._copy_instead_of_links()
                break
        if top:
            self._unwrap(top)
        return top

    def _unwrap(self, top: str) -> None:
        aside = free_name(self.root)
        rename(self.root / top, aside)
        with removed_on_error(aside):
            self.root.rmdir()
            rename(aside, self.root)

    def _single_top(self) -> str:
        names = os.listdir(self.root)  # noqa: PTH208
        names += [name for name in self._links if "/" not in name]
        return names[0] if len(names) == 1 and names[0] in self._folders else ""

    def _check_link(self, name: str, top: str) -> None:
        target = self._links[name]
        if any(place in self._links for place in target.through()):
            raise unsafe(name, self.archive, "is a link that leads through another link")
        if top and target.place != top and not target.place.startswith(f"{top}/"):
            raise unsafe(name, self.archive, "is a link that lies outside the archive's top folder")

    def _make_link(self, name: str) -> bool:
        """Make a link; tell whether there can be any."""
        place = self._links[name].place
        text = posixpath.relpath(place or ".", name.rpartition("/")[0] or ".")
        is_folder = os.path.isdir(self._prefix + place)  # noqa: PTH112
        try:
            os.symlink(text.replace("/", os.sep), self._prefix + name, is_folder)  # noqa: PTH211
        except NotImplementedError:
            return False
        except OSError as error:
            if error.errno in NO_LINKS:
                return False
            raise self._explained(error, name) from error
        return True

    def _copy_instead_of_links(self) -> None:
        """Copy what links lead to; what leads to nothing, or has no copy that ends, is left out.

        :raises ArchiveLimitError: if the copies are too much
        """
        from datamaestro_download_archive import link_copies  # seldom needed

        targets = {name: target.place for name, target in self._links.items()}
        for name in filter(os.path.islink, map(self._prefix.__add__, targets)):
            os.unlink(name)  # noqa: PTH108
        inside = link_copies.links_inside(targets)
        self._budget.add_members(sum(map(len, inside.values())))
        for name in link_copies.copy_order(inside):
            original = self._prefix + targets.pop(name)
            if os.path.isfile(original):  # noqa: PTH113
                self._copy(original, name)
            elif os.path.isdir(original):  # noqa: PTH112
                self._copy_folder(original, name)
            else:
                logger.warning("%s: the link %s leads to nothing", self.archive, shown(name))
        for name in sorted(targets):
            logger.warning(
                "%s: the link %s is left out: there can be no links here, and a copy of the "
                "folder that it leads to would have it in itself",
                self.archive,
                shown(name),
            )

    def _copy_folder(self, original: str, name: str) -> None:
        try:
            os.mkdir(self._prefix + name)  # noqa: PTH102
        except OSError as error:
            raise self._explained(error, name) from error
        self._folders.add(name)
        for folder, folders, files in os.walk(original):
            within = name + folder[len(original.rstrip(os.sep)) :].replace(os.sep, "/")
            for item in sorted(folders):
                self._budget.add_members(1)
                self.make_folder(f"{within}/{item}")
            for item in sorted(files):
                self._budget.add_members(1)
                self._copy(os.path.join(folder, item), f"{within}/{item}")  # noqa: PTH118

    def _copy(self, original: str, name: str) -> None:
        self._budget.add_size(name, os.path.getsize(original))  # noqa: PTH202
        descriptor = self.create(name, executable=os.access(original, os.X_OK))
        with open(original, "rb") as file, os.fdopen(descriptor, "wb") as copy:  # noqa: PTH123
            shutil.copyfileobj(file, copy, 1 << 20)

    # --- errors

    def _explained(self, error: OSError, name: str) -> OSError | UnsafeArchiveError:
        """Turn an error about a name into one about the member; others stay."""
        if isinstance(error, FileExistsError):
            return self._duplicate(name)
        if error.errno in _NAME_ERRORS:
            return unsafe(
                name, self.archive, f"has a name that can't be had here: {error.strerror}"
            )
        if isinstance(error, NotADirectoryError | IsADirectoryError):
            return unsafe(name, self.archive, "lies below a member that isn't a folder")
        return error

    def _duplicate(self, name: str) -> UnsafeArchiveError:
        parent, _, last = name.rpartition("/")
        present = set(os.listdir(self._prefix + parent))  # noqa: PTH208
        present |= {link.rpartition("/")[2] for link in self._links}
        if last in present:
            return unsafe(name, self.archive, "is there twice")
        other = next((item for item in sorted(present) if fold(item) == fold(last)), "another")
        return unsafe(name, self.archive, f"has, for this file system, the same name as {other!r}")


def free_name(path: Path) -> Path:
    """Give a path beside another that nothing has, and that no archive can foresee."""
    return path.with_name(f".{os.urandom(8).hex()}")


@contextmanager
def removed_on_error(path: Path) -> Iterator[None]:
    """Leave nothing at `path` when the block raises."""
    try:
        yield
    except BaseException:
        with suppress(OSError):  # or it would hide the error
            remove(path)
        raise
