"""Datasets that a project lists in its ``pyproject.toml``::

    [tool.datamaestro]
    id = "garden"
    datasets = ["src/flowers.py", "garden.datasets"]

The nearest ``pyproject.toml`` above the current directory that has this table counts.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.definition_files import import_file
from datamaestro.errors import PluginConflictError, SettingsError
from datamaestro.identifiers import is_dataset_id
from datamaestro.repository import Repository, definitions_in

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CUSTOM", "Project", "ProjectRepository", "nearest_project"]

CUSTOM = "__custom__"
"""The folder, in the data directory, of the datasets that no plugin ships."""


@dataclass(frozen=True)
class Project:
    """What a project says about its datasets.

    :param path: its ``pyproject.toml``
    :param id: the id of the repository of its datasets; by default the project's name
    :param datasets: files of definitions, relative to `path`, and names of modules
    """

    path: Path
    id: str
    datasets: tuple[str, ...]

    @property
    def namespace(self) -> PurePosixPath:
        """The folder of its datasets, in the folder of all data."""
        return PurePosixPath(CUSTOM, self.id)

    def import_module(self, entry: str) -> ModuleType:
        """Import one of its files or modules of definitions.

        :raises SettingsError: if there is no such file or module
        :raises DefinitionError: if it can't be imported
        """
        file = self._file(entry)
        if file is not None:
            return import_file(file)
        if not entry.endswith(".py") and _is_importable(entry):
            return importlib.import_module(entry)
        raise SettingsError(
            f"tool.datamaestro.datasets lists {entry!r}, which isn't there",
            where=f"{self.path}:{_line(self.path, entry)}",
            expected="a file relative to pyproject.toml, or the name of a module",
        )

    def _file(self, entry: str) -> Path | None:
        root = self.path.parent
        if entry.endswith(".py"):
            places = [root / entry]
        else:
            below = Path(*entry.split("."))
            bases = [root / "src" / below, root / below]
            places = [place for base in bases for place in (_as_file(base), base / "__init__.py")]
        return next((place for place in places if place.is_file()), None)


class ProjectRepository(Repository):
    """The datasets that a project lists."""

    def __init__(self, context: Context, project: Project) -> None:
        super().__init__(context)
        self.project = project

    @property
    def id(self) -> str:
        return self.project.id

    @property
    def name(self) -> str:
        return self.project.id

    @property
    def description(self) -> str:
        return f"The datasets of {self.project.path}"

    @property
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

    def modules(self) -> list[str]:
        """Give what the project lists."""
        return list(self.project.datasets)

    def find_by_path(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in all that the project lists: its id tells no place."""
        return self.find_anywhere(dataset_id)

    def import_definitions(self, module: str) -> list[DatasetDefinition]:
        return definitions_in(self.project.import_module(module))


def nearest_project(folder: Path) -> Project | None:
    """Give the project of a folder: the nearest above it that says something about datasets.

    :raises SettingsError: if what it says is wrong; it tells file and line
    """
    for parent in (folder, *folder.parents):
        path = parent / "pyproject.toml"
        # Most projects don't, and need no parser then.
        if path.is_file() and re.search(rb"^\[tool\.datamaestro\]", path.read_bytes(), re.M):
            return _read(path)
    return None


def _read(path: Path) -> Project:
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"not TOML: {error}", where=path) from error
    table = document["tool"]["datamaestro"]
    project_id = table.get("id", re.sub(r"[._]", "-", document.get("project", {}).get("name", "")))
    _check(path, "id", project_id, _is_component, "a name without dots, such as 'garden'")
    datasets = table.get("datasets", [])
    _check(path, "datasets", datasets, _is_texts, "a list of files and modules")
    for key in table:
        _check(path, key, key, ("id", "datasets").__contains__, "id or datasets")
    return Project(path, project_id, tuple(datasets))


def _check(path: Path, key: str, value: Any, holds: Any, expected: str) -> None:
    if not holds(value):
        raise SettingsError(
            f"tool.datamaestro.{key} can't be that",
            where=f"{path}:{_line(path, key)}",
            expected=expected,
            found=f"{value!r:.80}",
        )


def _is_component(value: Any) -> bool:
    return isinstance(value, str) and is_dataset_id(value) and "." not in value


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _line(path: Path, text: str) -> int:
    """Give the line that a text stands on in the table, or else the table's own."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("[tool.datamaestro]"))
    return next((i for i in range(start, len(lines)) if text in lines[i]), start) + 1


def _as_file(base: Path) -> Path:
    return base.with_name(f"{base.name}.py")


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False
