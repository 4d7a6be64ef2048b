"""The distributions of the workspace, as their folders say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
KERNEL = "datamaestro-core"
METAPACKAGE = "datamaestro"


@dataclass(frozen=True)
class Distribution:
    """One folder of ``packages/``.

    :param folder: the folder
    """

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, which is the distribution's."""
        return self.folder.name

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The ``[project]`` table."""
        text = (self.folder / "pyproject.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)["project"]

    @property
    def version(self) -> str:
        """The version."""
        return self.metadata["version"]

    @property
    def requirements(self) -> list[Requirement]:
        """What it requires, without its extras."""
        return [Requirement(item) for item in self.metadata.get("dependencies", [])]

    @property
    def optional_requirements(self) -> list[Requirement]:
        """What its extras require."""
        extras = self.metadata.get("optional-dependencies", {}).values()
        return [Requirement(item) for extra in extras for item in extra]

    @property
    def package(self) -> str | None:
        """Its import package; the metapackage has none."""
        found = [path.name for path in self.folder.glob("src/*") if path.is_dir()]
        return found[0] if found else None

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Its modules, by their full names."""
        source = self.folder / "src"
        found = {}
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found


DISTRIBUTIONS = {
    path.parent.name: Distribution(path.parent)
    for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
}
"""All of them, by name."""

PLUGINS = {
    name: distribution
    for name, distribution in DISTRIBUTIONS.items()
    if name not in (KERNEL, METAPACKAGE)
}
"""The plugins, by name."""

WITH_PACKAGE = {name: item for name, item in DISTRIBUTIONS.items() if name != METAPACKAGE}
"""All that have an import package, by name."""

FACADES = {
    "datamaestro.data.csv": "datamaestro-format-csv",
    "datamaestro.data.tensor": "datamaestro-format-idx",
    "datamaestro.data.text": "datamaestro-format-text",
    "datamaestro.download.archive": "datamaestro-download-archive",
    "datamaestro.download.links": "datamaestro-download-datafolder",
    "datamaestro.download.single": "datamaestro-download-single",
}
"""The documented import paths of plugins' classes, and the distributions they are in."""
