"""Paths that only a context can resolve."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.errors import DataDirectoryError
from datamaestro.user_paths import expanded, typed

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["DatafolderPath", "ResolvablePath"]


class ResolvablePath(ABC):
    """A path that depends on the context."""

    @abstractmethod
    def __call__(self, context: Context) -> Path:
        """Give the path in `context`.

        :raises DataDirectoryError: if it has none there
        """

    @staticmethod
    def resolve(context: Context, path: ResolvablePath | str | os.PathLike[str]) -> Path:
        """Give the path that `path` stands for; a plain one stands for itself.

        :raises SettingsError: if a plain one is below the home of a user who isn't there
        """
        return path(context) if isinstance(path, ResolvablePath) else expanded(path)


@dataclass(frozen=True)
class DatafolderPath(ResolvablePath):
    """A path in a data folder: one that the user has already, and has given a name.

    :param folderid: the name, as ``datamaestro datafolders set`` takes it
    :param path: what lies in that folder
    """

    folderid: str
    path: str | os.PathLike[str] = ""

    def __call__(self, context: Context) -> Path:
        folder = context.datafolder(self.folderid)
        if folder is None:
            raise DataDirectoryError(
                f"the data folder {self.folderid!r} is not set",
                expected=f"a folder that holds {os.fspath(self.path)!r}",
                hint=f"run 'datamaestro datafolders set {typed([self.folderid])} PATH'",
            )
        return folder / self.path
