"""The distributions are of one kind, and move together."""

from __future__ import annotations

import re

import pytest
from workspace.distributions import DISTRIBUTIONS, KERNEL, PLUGINS, ROOT, WITH_PACKAGE
from workspace.imports import imports_of

from datamaestro.version import VERSION


def test_all_distributions_have_one_version_in_calendar_form() -> None:
    (version,) = {item.version for item in DISTRIBUTIONS.values()}
    assert re.fullmatch(r"20\d\d\.(1[0-2]|[1-9])\.\d+", version)


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_distribution_requires_the_others_in_its_own_version_or_a_later_one(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    internal = [
        requirement
        for requirement in distribution.requirements + distribution.optional_requirements
        if requirement.name in DISTRIBUTIONS
    ]
    wrong = [str(item) for item in internal if str(item.specifier) != f">={distribution.version}"]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_distribution_is_named_as_its_folder(name: str) -> None:
    assert DISTRIBUTIONS[name].metadata["name"] == name


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_a_distribution_has_one_import_package_with_its_own_name(name: str) -> None:
    package = "datamaestro" if name == "datamaestro-core" else name.replace("-", "_")
    assert [path.name for path in (DISTRIBUTIONS[name].folder / "src").iterdir()] == [package]


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_distribution_has_the_licence_of_the_workspace(name: str) -> None:
    licence = (DISTRIBUTIONS[name].folder / "LICENSE").read_bytes()
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert DISTRIBUTIONS[name].metadata["license"] == "Apache-2.0"


@pytest.mark.parametrize("name", sorted({*DISTRIBUTIONS} - {KERNEL}))
def test_the_readme_of_a_distribution_says_how_to_install_it(name: str) -> None:
    text = (DISTRIBUTIONS[name].folder / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"pip install {name}\b(?!-)", text)


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_a_distribution_has_tests(name: str) -> None:
    assert list((DISTRIBUTIONS[name].folder / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_a_distribution_is_typed(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    assert (distribution.folder / "src" / str(distribution.package) / "py.typed").is_file()


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_a_plugin_is_announced_by_one_thin_module(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    entry_points = distribution.metadata["entry-points"]["datamaestro"]
    assert list(entry_points.values()) == [f"{distribution.package}._plugin"]


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_the_module_that_announces_a_plugin_imports_the_descriptors_only(name: str) -> None:
    module = f"{DISTRIBUTIONS[name].package}._plugin"
    imports = imports_of(module, DISTRIBUTIONS[name].modules[module])
    allowed = ("__future__.", "collections.abc.", "datamaestro.plugins.")
    assert [str(item) for item in imports if not item.target.startswith(allowed)] == []


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_no_module_is_too_long_to_read(name: str) -> None:
    long = [
        module
        for module, path in DISTRIBUTIONS[name].modules.items()
        if len(path.read_text(encoding="utf-8").splitlines()) > 500
    ]
    assert long == []


def test_the_kernel_knows_its_version_without_looking_for_it() -> None:
    assert DISTRIBUTIONS[KERNEL].version == VERSION
