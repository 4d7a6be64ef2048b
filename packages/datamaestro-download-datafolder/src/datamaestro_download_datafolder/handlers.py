"""The handlers: nothing is copied, the value is the path of what is there already.

Where that is depends on the site, so a definition gives proposals: plain paths,
and paths in data folders, which users name with ``datamaestro datafolders set``.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datamaestro.context import ResolvablePath
from datamaestro.download import FolderResource, ValueResource
from datamaestro.errors import DataDirectoryError
from datamaestro.utils import Checker

__all__ = ["linkfile", "linkfolder", "links"]

Proposal = ResolvablePath | str | os.PathLike[str]


class _LinkedPath(ValueResource):
    """Something on disk that no preparation makes: the first of some proposals that is there.

    :param name: the resource's name
    :param proposals: where it may be: paths, or ``DatafolderPath(name, path)``
    :param checker: verifies what is there
    """

    kind = ""

    def __init__(
        self,
        name: str | None = None,
        proposals: Iterable[Proposal] = (),
        *,
        checker: Checker | None = None,
    ) -> None:
        super().__init__(name)
        self.proposals = tuple(proposals)
        self.checker = checker

    @abstractmethod
    def _exists(self, path: Path) -> bool:
        """Tell whether `path` is there, and of the right kind."""

    @property
    def path(self) -> Path:
        """Where it is.

        :raises DataDirectoryError: if no proposal is there; it tells what was tried
        """
        tried = []
        for proposal in self.proposals:
            try:
                path = ResolvablePath.resolve(self.context, proposal)
            except DataDirectoryError as error:
                tried.append(str(error))
                continue
            if self._exists(path):
                return path
            tried.append(f"{path}: no such {self.kind}")
        raise DataDirectoryError(
            f"{self.name} of {self.dataset.id} is a {self.kind} that you have to have already",
            found=" | ".join(tried) or "no proposal in the definition",
        )

    def is_ready(self) -> bool:
        try:
            path = self.path
        except DataDirectoryError:
            return False
        return self.checker is None or path.exists()

    def make(self) -> None:
        """Check that it is there.

        :raises DataDirectoryError: as :attr:`path`
        """
        _ = self.path

    def prepare(self) -> Path:
        """Give the path.

        :raises VerificationError: if it isn't what the checker expects
        """
        path = self.path
        if self.checker is not None:
            self.checker.check(path)
        return path


class linkfile(_LinkedPath):  # noqa: N801  (documented in lower case, as all decorators are)
    """A file that the user has already."""

    kind = "file"

    def _exists(self, path: Path) -> bool:
        return path.is_file()


class linkfolder(_LinkedPath):  # noqa: N801
    """A folder that the user has already."""

    kind = "folder"

    def _exists(self, path: Path) -> bool:
        return path.is_dir()


class links(FolderResource):  # noqa: N801
    """A folder of links to the folders of other datasets, which are prepared first.

    :param name: the resource's name
    :param datasets: the datasets (ids, or what ``@dataset`` decorates), or paths, by
        the name of the link
    """

    def __init__(self, name: str | None = None, **datasets: Any) -> None:
        super().__init__(name)
        self.targets = datasets

    @property
    def datasets(self) -> tuple[Any, ...]:
        return tuple(item for item in self.targets.values() if not isinstance(item, os.PathLike))

    @property
    def fingerprint(self) -> str:
        targets = {name: getattr(item, "id", str(item)) for name, item in self.targets.items()}
        return f"{super().fingerprint} {sorted(targets.items())}"

    def _download(self, destination: Path) -> None:
        destination.mkdir()
        for name, item in self.targets.items():
            target = item if isinstance(item, os.PathLike) else self._prepared(item)
            (destination / name).symlink_to(target, target_is_directory=True)

    def _prepared(self, dataset: Any) -> Path:
        self.context.prepare(dataset, download=True)
        return self.context.folder(dataset)
