"""Datasets that a project lists in its ``pyproject.toml``::

    [tool.datamaestro]
    id = "garden"
    datasets = ["src/flowers.py", "garden.datasets"]

The nearest ``pyproject.toml`` above the current directory that has this table counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from datamaestro.errors import SettingsError
from datamaestro.freshness import Stamp, settled, stamp

__all__ = ["CUSTOM", "Project", "nearest_project"]

CUSTOM = "__custom__"
"""The folder, in the data directory, of the datasets that no plugin ships."""


class Project(NamedTuple):
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

    def line_of(self, text: str) -> str:
        """Give file and line of a text in the project's table, for messages."""
        return f"{self.path}:{_line(self.path, text)}"


def nearest_project(folder: Path) -> Project | None:
    """Give the project of a folder: the nearest above it that says something about datasets.

    Each ``pyproject.toml`` is read again only when it has changed.

    :raises SettingsError: if what it says is wrong; it tells file and line
    """
    for parent in (folder, *folder.parents):
        path = parent / "pyproject.toml"
        seen = stamp(str(path))
        if seen is None:
            continue
        project = _project_as_seen(path, seen) if settled(seen) == seen else _project_in(path)
        if project is not None:
            return project
    return None


@lru_cache(maxsize=64)
def _project_as_seen(path: Path, _seen: Stamp) -> Project | None:
    return _project_in(path)


def _project_in(path: Path) -> Project | None:
    # Most projects say nothing about datasets, and need no parser then.
    if path.is_file() and re.search(rb"\btool\b[\s\S]*\bdatamaestro\b", path.read_bytes()):
        return _read(path)
    return None


def _read(path: Path) -> Project | None:
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if _start(path) is None:
            return None  # what is wrong with it is no concern of ours
        raise SettingsError(f"not TOML: {error}", where=path) from error
    from datamaestro.identifiers import is_component

    table = document.get("tool", {}).get("datamaestro")
    if table is None:
        return None
    project_id = table.get("id", re.sub(r"[._]", "-", document.get("project", {}).get("name", "")))
    _check(path, "id", project_id, is_component, "a name without dots, such as 'garden'")
    datasets = table.get("datasets", [])
    _check(path, "datasets", datasets, _is_texts, "a list of files and modules")
    for key in table:
        _check(path, key, key, ("id", "datasets").__contains__, "id or datasets")
    return Project(path, project_id, tuple(datasets))


def _check(path: Path, key: str, value: Any, holds: Any, expected: str) -> None:
    if not holds(value):
        raise SettingsError(
            f"tool.datamaestro.{key} is invalid",
            where=f"{path}:{_line(path, key)}",
            expected=expected,
            found=f"{value!r:.80}",
        )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _line(path: Path, text: str) -> int:
    """Give the line that a text stands on in the table, or else the table's own."""
    lines = _lines(path)
    start = _start(path) or 0
    return next((i for i in range(start, len(lines)) if text in lines[i]), start) + 1


def _start(path: Path) -> int | None:
    """Give the index of the line that begins the table, in whichever way TOML has for it."""
    bare = (re.sub(r"[\s\"']", "", line) for line in _lines(path))
    begins = ("[tool.datamaestro]", "tool.datamaestro", "datamaestro={")
    return next((i for i, line in enumerate(bare) if line.startswith(begins)), None)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
