"""The handlers: nothing is copied, the value is the path of what is there already.

Where that is depends on the site, so a definition gives proposals: absolute paths,
and paths in data folders, which users name with ``datamaestro datafolders set``, or when
they are asked on a terminal.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from datamaestro.context import DatafolderPath, ResolvablePath
from datamaestro.disk.links import make_link
from datamaestro.download import FolderResource, ValueResource, reference
from datamaestro.download.stored import relative_name
from datamaestro.errors import DataDirectoryError, DefinitionError, SettingsError
from datamaestro.location import definition_site
from datamaestro.terminal import ask, is_interactive, tell
from datamaestro.user_paths import absolute, expanded
from datamaestro.utils import Checker, GlobChecker, HashCheck, valid_checker
from datamaestro_download_datafolder.checked import check_once, was_checked

__all__ = ["linkfile", "linkfolder", "links"]

Proposal = ResolvablePath | str | os.PathLike[str]


class _LinkedPath(ValueResource):
    """Something on disk that no preparation makes: the first of some proposals that is there.

    :param name: the resource's name
    :param proposals: where it may be: absolute paths, of which one may begin with ``~``, or
        ``DatafolderPath(name, path)``; or the name of a data folder alone
    :param path: with the name of a data folder, what lies in it
    :param checker: verifies what is there, once and again when it has changed
    :raises DefinitionError: if a proposal is something else, such as a path that depends on
        where it is read
    """

    kind = ""
    unfit: type = object
    """The checker that what is linked to can't pass."""

    def __init__(
        self,
        name: str | None = None,
        proposals: Iterable[Proposal] | str = (),
        path: str = "",
        *,
        checker: Checker | None = None,
    ) -> None:
        super().__init__(name)
        if isinstance(proposals, str):
            proposals = [DatafolderPath(proposals, path)]
        self.proposals = tuple(proposals)
        wrong = [item for item in self.proposals if not _is_proposal(item)]
        if wrong or not self.proposals:
            raise DefinitionError(
                f"{name!r} can't be there",
                where=definition_site(),
                expected="absolute paths, or DatafolderPath('NAME', 'path')",
                found=f"{wrong[0]!r:.80}" if wrong else "no proposal",
            )
        self.checker = valid_checker(checker, self.unfit)

    @abstractmethod
    def _exists(self, path: Path) -> bool:
        """Tell whether `path` is there, of the right kind, and for this user to look at."""

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
            found=" | ".join(tried),
        )

    @property
    def fingerprint(self) -> str:
        return " ".join([super().fingerprint, *map(str, self.proposals)])

    @property
    def _stamp(self) -> Path:
        return self.binding.folder / f".{self.name}.checked"

    def is_ready(self) -> bool:
        if not self._is_there():
            return False
        return self.checker is None or was_checked(self.checker, self.path, self._stamp)

    def make(self) -> None:
        """Check that it is there; on a terminal, ask where the data folders are that aren't set.

        :raises DataDirectoryError: as :attr:`path`
        :raises VerificationError: as :meth:`prepare`
        """
        if not self._is_there() and is_interactive():
            for proposal in self.proposals:
                if isinstance(proposal, DatafolderPath) and self._asked_for(proposal):
                    break
        self.prepare()

    def _is_there(self) -> bool:
        try:
            return bool(self.path)
        except DataDirectoryError:
            return False

    def _asked_for(self, proposal: DatafolderPath) -> bool:
        """Ask where a data folder is, unless it is set; tell whether it is known now."""
        if self.context.datafolder(proposal.folderid) is not None:
            return False
        tell(
            f"{self.dataset.id} needs the {self.kind} {os.fspath(proposal.path)!r} "
            f"in the data folder {proposal.folderid!r}, which isn't set."
        )
        while answer := ask("Where is that data folder? (empty: nowhere)"):
            try:
                folder = absolute(answer)
            except SettingsError as error:
                tell(str(error))
                continue
            if self._exists(folder / proposal.path):
                with self.context.settings.edit() as settings:
                    settings.datafolders[proposal.folderid] = folder
                return True
            tell(f"{folder / proposal.path}: no such {self.kind}")
        return False

    def prepare(self) -> Path:
        """Give the path.

        :raises VerificationError: if it isn't what the checker expects
        """
        path = self.path
        if self.checker is not None:
            check_once(self.checker, path, self._stamp)
        return path


class linkfile(_LinkedPath):  # noqa: N801  (documented in lower case, as all decorators are)
    """A file that the user has already."""

    kind = "file"
    unfit = GlobChecker

    def _exists(self, path: Path) -> bool:
        return os.path.isfile(path)  # noqa: PTH113  (pathlib raises before Python 3.14)


class linkfolder(_LinkedPath):  # noqa: N801
    """A folder that the user has already."""

    kind = "folder"
    unfit = HashCheck

    def _exists(self, path: Path) -> bool:
        return _is_folder(path)


class links(FolderResource):  # noqa: N801
    """A folder of links to the folders of other datasets, which are prepared first.

    :param name: the resource's name
    :param targets: the datasets (ids, or what ``@dataset`` decorates), or paths, by
        the name of the link
    """

    def __init__(self, name: str | None = None, *unnamed: Any, **targets: Any) -> None:
        if unnamed or not targets:
            raise DefinitionError(
                "a folder of links needs a name for each link",
                where=definition_site(),
                expected="links('NAME', link=dataset, …); reference(dataset) for a value alone",
                found=", ".join(f"{item!r:.80}" for item in unnamed) or "no link",
            )
        super().__init__(name)
        self.targets = targets
        for link, item in targets.items():
            relative_name(link)
            if not isinstance(item, os.PathLike):
                reference(item)  # which refuses what leads to no dataset
            elif not _is_whole(os.fspath(item)):
                raise DefinitionError(
                    f"the link {link!r} leads to a place that depends on where it is read",
                    where=definition_site(),
                    expected="a dataset, or an absolute path",
                    found=repr(item),
                )

    @property
    def datasets(self) -> tuple[Any, ...]:
        return tuple(item for item in self.targets.values() if not isinstance(item, os.PathLike))

    @property
    def fingerprint(self) -> str:
        definitions = {n: getattr(item, "__dataset__", item) for n, item in self.targets.items()}
        targets = {name: getattr(item, "id", str(item)) for name, item in definitions.items()}
        return f"{super().fingerprint} {sorted(targets.items())}"

    def is_ready(self) -> bool:
        """Tell whether the links lead to datasets that are complete, wherever they were moved."""
        return all(
            isinstance(item, os.PathLike)
            or ((self.path / name).is_dir() and not self.context.missing(item))
            for name, item in self.targets.items()
        )

    def _download(self, destination: Path) -> None:
        destination.mkdir()
        for name, item in self.targets.items():
            target = expanded(item) if isinstance(item, os.PathLike) else self._prepared(item)
            if not _is_folder(target):
                raise DataDirectoryError(
                    f"{self.name} of {self.dataset.id} has a link {name!r} to a folder that you "
                    "have to have already",
                    found=f"{target}: no such folder",
                )
            make_link(destination / name, target)

    def _prepared(self, dataset: Any) -> Path:
        self.context.prepare(dataset, download=True)
        return self.context.folder(dataset)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  (pathlib raises before Python 3.14)


def _is_proposal(item: object) -> bool:
    if isinstance(item, str | os.PathLike):
        return _is_whole(os.fspath(item))
    return isinstance(item, ResolvablePath)


def _is_whole(path: str) -> bool:
    """Tell whether a path is absolute, here or on another system, or begins with a home."""
    kinds = PurePosixPath(path), PureWindowsPath(path)
    return path.startswith("~") or any(kind.anchor for kind in kinds)
