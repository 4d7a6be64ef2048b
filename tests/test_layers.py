"""The kernel's imports point downwards only."""

from __future__ import annotations

from workspace.distributions import DISTRIBUTIONS, KERNEL, ROOT
from workspace.imports import Import, imports_of

MODULES = DISTRIBUTIONS[KERNEL].modules

LAYERS = [
    {
        "decompressors",
        "lazy",
        "memory",
        "per_process",
        "sequences",
        "terminal",
        "terminal_bar",
        "urls",
        "waiting",
    },
    {"errors"},
    {"bars", "disk", "earlier"},
    {"selector"},
    {
        "facade",
        "identifiers",
        "location",
        "progress",
        "sizes",
        "signatures",
        "state_files",
        "stream",
        "test",
        "user_paths",
        "version",
    },
    {"checkers", "expansion", "import_errors", "locks", "variables"},
    {"utils"},
    {"plugins", "project", "record"},
    {"data", "dataset_folders"},
    {"settings"},
    {"agreements", "paths", "sites"},
    {"axis"},
    {"variants"},
    {"download"},
    {"transfer"},
    {"definitions"},
    {"annotations", "repository"},
    {"project_repository"},
    {"catalog"},
    {"address"},
    {"citation", "preparation", "search"},
    {"inventory", "lockfile"},
    {"availability", "directories", "preparing", "repositories", "transports"},
    {"context"},
    {"__init__"},
    {"create"},
    {"cli", "testing"},
    {"program"},
    {"__main__"},
]
"""The modules and packages of the kernel, the lowest first.

A module imports from layers below its own, and from its own package; imports inside
functions count too.
"""


def layer(name: str) -> int:
    """Give the position of a module's layer, by the module's full name."""
    (position,) = (index for index, names in enumerate(LAYERS) if part(name) in names)
    return position


def part(name: str) -> str:
    """Give the module or package right below ``datamaestro`` that a module belongs to."""
    return [*name.split("."), "__init__"][1]


def imported_modules() -> list[tuple[Import, str]]:
    """Give the imports that happen at run time between modules of the kernel."""
    found = []
    for name, path in MODULES.items():
        for item in imports_of(name, path):
            target = item.target if item.target in MODULES else item.target.rpartition(".")[0]
            if target in MODULES and not item.typing:
                found.append((item, target))
    return found


def test_every_module_of_the_kernel_has_one_layer() -> None:
    listed = [name for names in LAYERS for name in names]
    assert sorted(listed) == sorted({part(name) for name in MODULES})


def test_contributors_are_told_of_every_package_of_the_kernel() -> None:
    packages = {part(name) for name in MODULES if name.count(".") > 1}
    named = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in sorted(packages) if f"`{name}/`" not in named] == []


def test_imports_point_downwards() -> None:
    upwards = [
        str(item)
        for item, target in imported_modules()
        if part(target) != part(item.module) and layer(target) >= layer(item.module)
    ]
    assert upwards == []
