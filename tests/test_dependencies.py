"""Every distribution declares what it imports, and imports what it declares."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workspace.distributions import (
    DISTRIBUTIONS,
    FACADES,
    KERNEL,
    METAPACKAGE,
    PLUGINS,
    WITH_PACKAGE,
    Distribution,
)
from workspace.imports import imports_of

STANDARD = {*sys.stdlib_module_names, "annotationlib", "compression"}
"""The standard library, with what later Pythons have added to it."""

PROVIDERS = {
    **packages_distributions(),
    **{str(item.package): [name] for name, item in WITH_PACKAGE.items()},
}


def imported(distribution: Distribution) -> dict[str, set[str]]:
    """Give the packages of others that a distribution imports when it runs.

    :return: for each the distributions that may provide it
    """
    targets = {
        item.target
        for module, path in distribution.modules.items()
        if module not in FACADES
        for item in imports_of(module, path)
        if not item.typing
    }
    found: dict[str, set[str]] = {}
    for target in targets:
        package = target.partition(".")[0]
        facade = next((name for name in FACADES if f"{target}.".startswith(f"{name}.")), None)
        if facade is not None:
            found[facade] = {FACADES[facade]}
        elif package not in STANDARD and package != distribution.package:
            # The first two words may name a distribution too: backports.zstd.
            guesses = [package, ".".join(target.split(".")[:2])]
            providers = PROVIDERS.get(package, guesses)
            found.setdefault(package, set()).update(map(canonicalize_name, providers))
    return found


def schemes_used(distribution: Distribution) -> set[str]:
    """Give the schemes of the URLs in a distribution's modules and data files."""
    files = [
        path for path in distribution.folder.glob("src/**/*") if path.suffix in (".py", ".json")
    ]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return {scheme for text in texts for scheme in re.findall(r"""["']([a-z]+):[^\s"']""", text)}


def schemes_opened(distribution: Distribution) -> set[str]:
    """Give the schemes of the transports that a distribution provides."""
    plugin = import_module(f"{distribution.package}._plugin")
    specs = getattr(plugin, "datamaestro_transports", tuple)()
    return {scheme for spec in specs for scheme in spec.schemes}


def names(requirements: list[Requirement]) -> set[str]:
    """Give the names of the distributions that are required."""
    return {canonicalize_name(requirement.name) for requirement in requirements}


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_what_a_distribution_imports_it_declares(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    declared = names(distribution.requirements + distribution.optional_requirements)
    if "pytest11" in distribution.metadata.get("entry-points", {}):
        declared.add("pytest")  # only pytest imports what this entry point names
    undeclared = {
        package: providers
        for package, providers in imported(distribution).items()
        if not providers & declared
    }
    assert undeclared == {}


@pytest.mark.parametrize("name", sorted(WITH_PACKAGE))
def test_what_a_distribution_requires_it_imports_or_fetches_with(name: str) -> None:
    distribution = DISTRIBUTIONS[name]
    required = names(distribution.requirements)
    used = {provider for providers in imported(distribution).values() for provider in providers}
    for plugin in required & set(PLUGINS):
        if schemes_opened(PLUGINS[plugin]) & schemes_used(distribution):
            used.add(plugin)
    assert required - used == set()


def test_the_kernel_requires_none_of_its_plugins() -> None:
    kernel = DISTRIBUTIONS[KERNEL]
    assert not names(kernel.requirements + kernel.optional_requirements) & set(DISTRIBUTIONS)


def test_the_metapackage_brings_what_every_facade_and_every_web_address_needs() -> None:
    transports = {"datamaestro-transport-http", "datamaestro-transport-local"}
    required = names(DISTRIBUTIONS[METAPACKAGE].requirements)
    assert required == {KERNEL, *FACADES.values(), *transports}
