"""Resources that end as something on disk: a file, or a folder."""

from __future__ import annotations

import re
from abc import abstractmethod
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from datamaestro.checkers import Checker, GlobChecker, HashCheck, valid_checker
from datamaestro.download.derivation import Derivation
from datamaestro.download.resource import Resource
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

__all__ = [
    "LONGEST_NAME",
    "ClaimedPaths",
    "FileResource",
    "FolderResource",
    "StoredResource",
    "relative_name",
]

T = TypeVar("T")

LONGEST_NAME = 200
"""How many bytes a name may have: file systems allow 255, and there must be room for what the
kernel adds to it while it replaces a file, and readers to name their sidecars."""

_OF_WINDOWS = frozenset(":\\")
"""Characters that mean another place on Windows: another drive, or another folder."""


class StoredResource(Resource):
    """A resource that ends as something on disk."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "_download" in vars(cls) and "derivation" not in vars(cls):
            # An inherited one tells what the inherited method makes.
            cls.derivation = StoredResource.derivation  # type: ignore[method-assign]

    @property
    @abstractmethod
    def relative_path(self) -> PurePosixPath:
        """Where it ends, relative to the dataset's folder."""

    @property
    def path(self) -> Path:
        """Where it ends."""
        return self.binding.folder / self.relative_path

    @property
    def finished_size(self) -> int | None:
        """The bytes that it takes on disk once it is complete, if the declaration tells."""
        return None

    @property
    def derivation(self) -> Derivation | None:
        """How it follows from its downloads, if that can be done without its class.

        A class with a :meth:`_download` of its own doesn't inherit it.
        """
        return None

    @property
    def can_recover(self) -> bool:
        """Whether :meth:`_download` can go on from what an interrupted call left behind."""
        return False

    def prepare(self) -> Any:
        """Give the path."""
        return self.path

    @abstractmethod
    def _download(self, destination: Path) -> int | None:
        """Make the resource at `destination`, a path that isn't its last one.

        The folder that `destination` lies in exists. `destination` doesn't, unless
        :attr:`can_recover` is true and an earlier call was interrupted.

        :return: how many bytes lie there now, in all files together; None if it
            doesn't know: the kernel then looks at each file
        """

    def verify(self, path: Path) -> None:
        """Check what :meth:`_download` made at `path`.

        :raises VerificationError: if it isn't what was declared
        """
        if self.checker is not None:
            self.checker.check(path)

    def is_ready(self) -> bool:
        """Tell whether what was made is still of use; asked when the state file says it is there.

        A resource that leads to other places may not be, once these were moved or removed.
        """
        return True

    def proves(self, path: Path) -> bool:
        """Tell whether what an earlier program left at `path` is certainly this resource.

        False is no verdict on the data: it only means that they are fetched again.

        :raises VerificationError: if they certainly aren't
        """
        if self.checker is None:
            return False
        self.checker.check(path)
        return True


class FileResource(StoredResource):
    """A resource that ends as one file.

    :param filename: the file's name in the dataset's folder; folders may stand before it
    :param name: the resource's name; by default the attribute that holds it, or
        for a decorator the file's name up to its first dot
    :param transient: see `Resource`
    :param checker: verifies the finished file
    :param varname: what version 1 calls `name`
    """

    def __init__(
        self,
        filename: str,
        *,
        name: str | None = None,
        transient: bool = False,
        checker: Checker | None = None,
        varname: str | None = None,
    ) -> None:
        super().__init__(name or varname, transient=transient)
        self.filename = relative_name(filename)
        self.checker = valid_checker(checker, GlobChecker)

    def __call__(self, target: T) -> T:
        if self._name is None:
            self._name = re.sub(r"\..*", "", PurePosixPath(self.filename).name)
        return super().__call__(target)

    @property
    def relative_path(self) -> PurePosixPath:
        return PurePosixPath(self.filename)


class FolderResource(StoredResource):
    """A resource that ends as a folder, named as the resource is.

    :param name: see `Resource`
    :param transient: see `Resource`
    :param checker: verifies the finished folder
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        transient: bool = False,
        checker: Checker | None = None,
    ) -> None:
        super().__init__(name, transient=transient)
        self.checker = valid_checker(checker, HashCheck)

    @property
    def relative_path(self) -> PurePosixPath:
        return PurePosixPath(relative_name(self.name))


class ClaimedPaths:
    """The paths of a dataset's resources: none may be, or lie in, another's."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def claim(self, resource: StoredResource) -> str | None:
        """Claim the path of a resource; tell how it clashes with another one, if it does."""
        name, place = resource.name, str(resource.relative_path).casefold()  # as disks compare
        # Texts: as paths, those of 200 resources took 5 ms of a command's start.
        above = [".", *accumulate(place.split("/")[:-1], "{}/{}".format)]
        if place in self._taken:
            return f"{self._taken[place]!r} and {name!r} are both stored as {place}"
        if place in self._folders:
            return f"{self._folders[place]!r} is stored in {place}, which is where {name!r} is"
        for folder in above:
            if folder in self._taken:
                return f"{name!r} is stored in {folder}, which is where {self._taken[folder]!r} is"
        self._taken[place] = name
        self._folders.update(dict.fromkeys(above, name))
        return None


def relative_name(name: str) -> str:
    """Give back the name of something in a folder.

    :raises DefinitionError: if it leads out of the folder, or can't be there
    """
    path = PurePosixPath(name if isinstance(name, str) else "")
    inside = path.parts and not path.is_absolute() and ".." not in path.parts
    if (
        not inside
        or path.parts[0].startswith(".")
        or not name.isprintable()
        or not _OF_WINDOWS.isdisjoint(name)
        or any(len(part.encode()) > LONGEST_NAME for part in path.parts)
    ):
        raise DefinitionError(
            "not a name in a dataset's folder",
            where=definition_site(),
            expected="a relative path without '..', printable, that doesn't start with a dot, "
            f"without : and \\, of names of {LONGEST_NAME} bytes at the most, as a text",
            found=repr(name),
        )
    return name
