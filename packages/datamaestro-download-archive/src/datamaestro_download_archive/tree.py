"""The only place that writes members to disk.

Files are created exclusively, so that nothing is ever overwritten, and it is the
file system itself that tells when two names are one for it. Symbolic links are
made last: as long as members are written, no link exists that a path could lead
through. Modification times are those of the extraction, permissions those that the
user's mask gives; of an archive's mode only the owner's right to execute counts.
"""

from __future__ import annotations

import errno
import os
import posixpath
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datamaestro_download_archive.errors import UnsafeArchiveError, shown, unsafe
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.names import LinkTarget, fold, resolve_link

__all__ = ["Tree", "removed_on_error", "resolve_below", "write_all"]

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
        as one, also where it is none
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

    def add_hard_link(self, name: str, target: str) -> int:
        """Give the file `target`, which was written before, a second name.

        :return: its size in bytes
        :raises UnsafeArchiveError: if `target` is no such file
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
            executable = os.access(path, os.X_OK)
            with open(path, "rb") as original:  # noqa: PTH123
                descriptor = self.create(name, executable=executable)
                with os.fdopen(descriptor, "wb") as copy:
                    shutil.copyfileobj(original, copy, 1 << 20)
        return os.path.getsize(path)  # noqa: PTH202

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
        for name in sorted(self._links):
            self._make_link(name, top)
        if top:
            self._unwrap(top)
        return top

    def _unwrap(self, top: str) -> None:
        aside = self.root.with_name(f"{self.root.name}.unwrap")
        shutil.rmtree(aside, ignore_errors=True)  # left by a process that was killed right here
        try:
            (self.root / top).rename(aside)
            self.root.rmdir()
            aside.rename(self.root)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _single_top(self) -> str:
        names = os.listdir(self.root)  # noqa: PTH208
        names += [name for name in self._links if "/" not in name]
        return names[0] if len(names) == 1 and names[0] in self._folders else ""

    def _make_link(self, name: str, top: str) -> None:
        target = self._links[name]
        if any(place in self._links for place in target.through()):
            raise unsafe(name, self.archive, "is a link that leads through another link")
        if top and target.place != top and not target.place.startswith(f"{top}/"):
            raise unsafe(name, self.archive, "is a link that lies outside the archive's top folder")
        path = self._prefix + name
        original = self._prefix + target.place
        text = posixpath.relpath(target.place or ".", name.rpartition("/")[0] or ".")
        is_folder = os.path.isdir(original)  # noqa: PTH112
        try:
            os.symlink(text.replace("/", os.sep), path, target_is_directory=is_folder)  # noqa: PTH211
        except FileExistsError as error:
            raise self._explained(error, name) from error
        except (OSError, NotImplementedError):
            if not self._copy_instead(original, path):
                raise

    def _copy_instead(self, original: str, path: str) -> bool:
        """Copy what a link leads to, where links can't be made (Windows without the right)."""
        if os.path.isfile(original):  # noqa: PTH113
            shutil.copyfile(original, path)
        elif os.path.isdir(original) and not path.startswith(original + os.sep):  # noqa: PTH112
            shutil.copytree(original, path, symlinks=True)
        else:
            return False
        return True

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
            return unsafe(name, self.archive, "lies below a member that is no folder")
        return error

    def _duplicate(self, name: str) -> UnsafeArchiveError:
        parent, _, last = name.rpartition("/")
        present = set(os.listdir(self._prefix + parent))  # noqa: PTH208
        present |= {link.rpartition("/")[2] for link in self._links}
        if last in present:
            return unsafe(name, self.archive, "is there twice")
        other = next((item for item in sorted(present) if fold(item) == fold(last)), "another")
        return unsafe(name, self.archive, f"has, for this file system, the same name as {other!r}")


@contextmanager
def removed_on_error(path: Path) -> Iterator[None]:
    """Leave nothing at `path` when the block raises."""
    try:
        yield
    except BaseException:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        raise


def resolve_below(name: str, target: str, archive: str, subpath: str) -> LinkTarget:
    """Find where, below the folder `subpath` of the archive, a symbolic link leads.

    :raises UnsafeArchiveError: if it leads elsewhere
    """
    resolved = resolve_link(name, target, archive)
    if not subpath:
        return resolved
    if resolved.place != subpath and not resolved.place.startswith(f"{subpath}/"):
        raise unsafe(name, archive, f"is a link to {shown(target)}, outside of {shown(subpath)}")
    return resolved._replace(place=resolved.place[len(subpath) + 1 :], below=subpath)
