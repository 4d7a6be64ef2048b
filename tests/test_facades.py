"""Only facades name a plugin."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from workspace.distributions import DISTRIBUTIONS, FACADES, KERNEL, PLUGINS
from workspace.imports import imports_of, string_literals

MODULES = DISTRIBUTIONS[KERNEL].modules

NAMES = {name for item in PLUGINS.values() for name in (item.name, item.package) if name}


def mentions(text: str) -> set[str]:
    """Give the plugins that a text names, as distributions or import packages."""
    return {name for name in NAMES if re.search(rf"\b{name}\b", text)}


@pytest.mark.parametrize("module", sorted(set(MODULES) - set(FACADES)))
def test_a_module_of_the_kernel_names_no_plugin(module: str) -> None:
    path = MODULES[module]
    named = [f"line {item.line}" for item in imports_of(module, path) if mentions(item.target)]
    named += [f"line {line}" for line, text in string_literals(path) if mentions(text)]
    assert named == []


@pytest.mark.parametrize("facade", sorted(FACADES))
def test_a_facade_names_its_own_plugin_only(facade: str) -> None:
    plugin = PLUGINS[FACADES[facade]]
    assert mentions(MODULES[facade].read_text(encoding="utf-8")) == {plugin.name, plugin.package}


@pytest.mark.parametrize("package", ["datamaestro", "datamaestro.data", "datamaestro.download"])
def test_a_package_imports_no_facade(package: str) -> None:
    imported = {item.target for item in imports_of(package, MODULES[package])}
    assert not [item for item in imported if item.startswith(tuple(FACADES))]


@pytest.mark.parametrize("facade", sorted(FACADES))
def test_a_facade_gives_names_of_its_plugin_as_they_are(facade: str) -> None:
    package = PLUGINS[FACADES[facade]].package
    code = (
        f"import {facade} as facade, {package} as plugin\n"
        "assert facade.__all__\n"
        "for name in facade.__all__:\n"
        "    assert getattr(facade, name) is getattr(plugin, name), name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("facade", sorted(FACADES))
def test_a_facade_without_its_plugin_says_what_to_install(facade: str) -> None:
    package = PLUGINS[FACADES[facade]].package
    code = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"  # Python's way of saying: not there
        "try:\n"
        f"    import {facade}\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert f"pip install {FACADES[facade]}" in process.stdout


@pytest.mark.parametrize("facade", sorted(FACADES))
def test_a_dependency_that_a_plugin_misses_is_named_by_its_own_error(facade: str) -> None:
    package = PLUGINS[FACADES[facade]].package
    code = (
        "import sys, types\n"
        f"plugin = types.ModuleType({package!r})\n"
        "def missing(name):\n"
        "    raise ModuleNotFoundError(\"No module named 'elsewhere'\", name='elsewhere')\n"
        "plugin.__getattr__ = missing\n"
        f"sys.modules[{package!r}] = plugin\n"
        "try:\n"
        f"    import {facade}\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error.name)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert process.stdout == "elsewhere\n"
