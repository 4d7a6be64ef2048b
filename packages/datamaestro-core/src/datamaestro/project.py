"""Datasets that a project lists in its ``pyproject.toml``::

    [tool.datamaestro]
    id = "garden"
    datasets = ["src/flowers.py", "garden.datasets"]

The nearest ``pyproject.toml`` above the current directory that has this table counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from datamaestro.disk.documents import read_toml
from datamaestro.disk.freshness import Stamp, settled, stamp
from datamaestro.errors import SettingsError

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
    try:
        content = path.read_bytes() if path.is_file() else b""
    except PermissionError:
        return None  # another user's, who keeps it private
    # Most projects say nothing about datasets, and need no parser then.
    return _read(path) if re.search(rb"\btool\b[\s\S]*\bdatamaestro\b", content) else None


def _read(path: Path) -> Project | None:
    try:
        document = read_toml(path)
    except ValueError as error:
        if _start(path) is None:
            return None  # what is wrong with it is no concern of ours
        raise SettingsError(f"not TOML: {error}", where=path) from error
    from datamaestro.identifiers import is_component

    table = _found(document, "tool", "datamaestro")
    if table is None:
        return None
    _check(path, "tool.datamaestro", table, _is_table, "a table, [tool.datamaestro]")
    name = _found(document, "project", "name")
    by_default = re.sub(r"[._]", "-", name) if isinstance(name, str) else ""
    project_id = table.get("id", by_default)
    expected = "a name without dots, such as 'garden'"
    _check(path, "tool.datamaestro.id", project_id, is_component, expected)
    datasets = table.get("datasets", [])
    _check(path, "tool.datamaestro.datasets", datasets, _is_texts, "a list of files and modules")
    known = ("id", "datasets").__contains__
    for key in table:
        _check(path, f"tool.datamaestro.{key}", key, known, "id or datasets")
    return Project(path, project_id, tuple(datasets))


def _found(document: dict[str, Any], table: str, key: str) -> Any:
    """Give what stands under a key of a table; None where there is no such table."""
    inner = document.get(table)
    return inner.get(key) if isinstance(inner, dict) else None


def _check(path: Path, name: str, value: Any, holds: Callable[[Any], bool], expected: str) -> None:
    if not holds(value):
        raise SettingsError(
            f"{name} is invalid",
            where=f"{path}:{_line(path, name.rpartition('.')[2])}",
            expected=expected,
            found=f"{value!r:.80}",
        )


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


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
