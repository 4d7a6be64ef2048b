"""The repository of the datasets that a project lists."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.files import import_file
from datamaestro.definitions.modules import Declared, named, once_each
from datamaestro.errors import PluginConflictError, SettingsError
from datamaestro.project import Project
from datamaestro.repository import Repository

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["ProjectRepository"]


class ProjectRepository(Repository):
    """The datasets that a project lists."""

    def __init__(self, context: Context, project: Project) -> None:
        super().__init__(context)
        self.project = project

    @property
    def id(self) -> str:
        return self.project.id

    @property
    def description(self) -> str:
        return f"The datasets of {self.project.path}"

    @cached_property
    def namespace(self) -> PurePosixPath:
        return self.project.namespace

    @classmethod
    def version(cls) -> str | None:
        """Give None: what a project lists is as it lies there."""
        return None

    @property
    def configdir(self) -> Path:
        """The project's folder."""
        return self.project.path.parent

    def unless_installed(self) -> ProjectRepository:
        """Give the repository itself.

        :raises PluginConflictError: if an installed one has its id
        """
        for provided in self.context.plugins.repositories:
            if provided.spec.id == self.id:
                raise PluginConflictError(
                    f"both {provided.plugin} and this project claim the repository {self.id!r}",
                    where=self.project.path,
                    hint="choose another id in [tool.datamaestro]",
                )
        return self

    def declared(self) -> list[Declared]:
        """Give what all files and modules declare, right or wrong.

        They are checked together: two may declare one id, or be the same and listed twice.
        """
        return once_each(item.definition for item in super().declared())

    def modules(self) -> list[str]:
        """Give what the project lists."""
        return list(self.project.datasets)

    def find_by_path(self, dataset_id: str) -> DatasetDefinition | None:  # noqa: ARG002
        """Give None: an id doesn't tell which file of a project has it."""
        return None

    def find_anywhere(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in all that the project lists."""
        return named(dataset_id, self.declared())

    def find_undeclared(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in all that the project lists: no index has it."""
        return self.find_anywhere(dataset_id)

    def import_module(self, module: str) -> ModuleType:
        return _import(self.project, module)


def _import(project: Project, entry: str) -> ModuleType:
    """Import one of a project's files or modules of definitions.

    :raises SettingsError: if there is no such file or module
    :raises DefinitionError: if it can't be imported
    """
    file = _file(project.path.parent, entry)
    if file is not None:
        return import_file(file)
    if not entry.endswith(".py") and _is_importable(entry):
        return importlib.import_module(entry)
    raise SettingsError(
        f"tool.datamaestro.datasets lists {entry!r}, which isn't there",
        where=project.line_of(entry),
        expected="a file relative to pyproject.toml, or the name of a module",
    )


def _file(root: Path, entry: str) -> Path | None:
    if entry.endswith(".py"):
        places = [root / entry]
    else:
        below = Path(*entry.split("."))
        bases = [root / "src" / below, root / below]
        places = [place for base in bases for place in (_as_file(base), base / "__init__.py")]
    return next((place for place in places if place.is_file()), None)


def _as_file(base: Path) -> Path:
    return base.with_name(f"{base.name}.py")


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
