"""The documentation leaves nothing out: what there is comes from the code itself."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator

import click
import pytest
from documented.blocks import DOCS
from workspace.distributions import DISTRIBUTIONS, FACADES, ROOT

from datamaestro import errors, plugins, testing
from datamaestro.cli import INTERRUPTED, cli
from datamaestro.cli.group import LazyGroup
from datamaestro.definitions import dataset
from datamaestro.errors import DatamaestroError, QueryError
from datamaestro.plugins import hookspecs
from datamaestro.plugins.manager import PluginManager, Provided
from datamaestro.search import Condition
from datamaestro.settings import Settings, UserSettings
from datamaestro.testing import faults, fixtures


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def missing(names: Iterable[str], text: str) -> list[str]:
    """Give the names that don't stand in a text as whole words."""
    return sorted(n for n in names if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", text))


# --- the command line


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    names = LazyGroup.COMMANDS if group is cli else group.commands
    for name in names:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


def section(heading: str) -> str:
    """Give what the page of the command line has below a heading."""
    match = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page("cli.md"), re.M | re.S)
    assert match is not None, f"cli.md has no heading {heading}"
    return match[1]


@pytest.mark.parametrize(
    ("name", "command"), [pytest.param(*item, id=item[0]) for item in commands(cli)]
)
def test_a_command_is_documented_with_all_its_options(name: str, command: click.Command) -> None:
    text = section(name.split()[0])
    assert f"datamaestro {name}" in text
    options = [param for param in command.params if isinstance(param, click.Option)]
    assert not missing([opt for option in options for opt in option.opts], text)


def test_every_global_option_is_documented() -> None:
    shown = section("Options for every command")
    options = [param for param in cli.get_params(click.Context(cli)) if param.opts]
    assert not missing([opt for option in options for opt in option.opts], shown)


def test_every_field_of_a_query_is_documented() -> None:
    with pytest.raises(QueryError) as raised:
        Condition.parse("nonsense:term")
    fields = str(raised.value.expected).split(", ")
    assert [field for field in fields if f"`{field}" not in section("search")] == []


# --- errors


def tree(root: type[DatamaestroError] = DatamaestroError) -> Iterator[type[DatamaestroError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


@pytest.mark.parametrize("error", list(tree()), ids=lambda error: error.__name__)
def test_an_exit_code_is_documented_with_its_exception(error: type[DatamaestroError]) -> None:
    # The row names the uppermost exception that has the code.
    named = max(
        (base for base in error.__mro__ if getattr(base, "exit_code", None) == error.exit_code),
        key=error.__mro__.index,
    )
    row = re.search(rf"^\| {error.exit_code} \|.*$", section("Exit codes"), re.M)
    assert row is not None
    assert f"datamaestro.errors.{named.__name__}`" in row[0]


@pytest.mark.parametrize("code", [0, click.UsageError.exit_code, INTERRUPTED])
def test_an_exit_code_without_an_error_of_its_own_is_documented(code: int) -> None:
    assert re.search(rf"^\| {code} \|", section("Exit codes"), re.M)


@pytest.mark.parametrize("error", list(tree()), ids=lambda error: error.__name__)
def test_an_error_stands_in_the_tree_that_the_api_shows(error: type[DatamaestroError]) -> None:
    assert re.search(rf"\b{error.__name__}( \(\w+\))? +{error.exit_code}\b", str(errors.__doc__))
    assert ".. automodule:: datamaestro.errors" in page("api/index.rst")


# --- settings and environment


@pytest.mark.parametrize("settings", [Settings, UserSettings])
def test_every_setting_is_documented(settings: type) -> None:
    fields = {field.name for field in dataclasses.fields(settings)} - {"path", "unknown"}
    assert not [name for name in fields if f"\n`{name}`\n: " not in page("configuration.md")]


def environment_variables(*, of_tests: bool) -> set[str]:
    """Give the variables of datamaestro that the packages' code names."""
    return {
        name
        for path in (ROOT / "packages").glob("*/src/**/*.py")
        if ("testing" in path.parts) == of_tests
        for name in re.findall(r"\bDATAMAESTRO_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }


def test_every_environment_variable_is_documented() -> None:
    names = environment_variables(of_tests=False)
    assert "DATAMAESTRO_DIR" in names
    shown = section("Environment variables")
    assert not missing(names | {"NO_COLOR", "XDG_CONFIG_HOME"}, shown)


def test_every_environment_variable_of_the_test_kit_is_documented() -> None:
    names = environment_variables(of_tests=True)
    assert not missing(names, page("developping.md") + page("cli.md"))


# --- definitions and plugins


def test_every_parameter_of_a_definition_is_documented() -> None:
    parameters = set(inspect.signature(dataset).parameters) - {"base"}
    assert not [name for name in parameters if f"`{name}`" not in page("datasets.md")]


def test_every_hook_is_in_the_guide() -> None:
    hooks = [name for name in hookspecs.__all__ if name.startswith("datamaestro_")]
    assert hooks
    assert not missing(hooks, page("developping.md"))


def test_every_name_that_a_plugin_imports_is_in_the_guide() -> None:
    assert not missing(plugins.__all__, page("developping.md"))


def test_every_name_of_the_test_kit_is_in_the_guide_and_the_api() -> None:
    assert not missing(testing.__all__, page("developping.md"))
    names = [f"datamaestro.testing.{name}" for name in testing.__all__]
    assert not missing(names, page("api/index.rst"))


def test_every_fault_of_the_test_kit_is_in_the_guide() -> None:
    assert faults.__all__
    assert not [name for name in faults.__all__ if f"`{name}`" not in page("developping.md")]


def test_every_fixture_of_the_test_kit_is_in_the_guide_and_the_api() -> None:
    assert not [name for name in fixtures.__all__ if f"| `{name}` |" not in page("developping.md")]
    listed = {f".. autofunction:: datamaestro.testing.fixtures.{name}" for name in fixtures.__all__}
    assert not [line for line in listed if line not in page("api/index.rst")]


@pytest.mark.parametrize("module", FACADES)
def test_every_documented_import_path_is_in_the_api(module: str) -> None:
    kind = module.split(".")[1]
    names = [f"{module}.{name}" for name in importlib.import_module(module).__all__]
    assert not missing(names, page(f"api/{kind}.rst"))


PAGE_OF = {
    "datamaestro.data": "data.rst",
    "datamaestro.data.ml": "data.rst",
    "datamaestro.definitions": "index.rst",
    "datamaestro.download": "download.rst",
    "datamaestro.download.custom": "download.rst",
    "datamaestro.progress": "index.rst",
    "datamaestro.variants": "index.rst",
    "datamaestro_image.data": "data.rst",
    "datamaestro_ml.data": "data.rst",
    "datamaestro_text.data": "data.rst",
}


@pytest.mark.parametrize("module", PAGE_OF)
def test_every_name_that_a_documented_module_gives_is_in_the_api(module: str) -> None:
    shown = page(f"api/{PAGE_OF[module]}")
    if f".. automodule:: {module}\n\n" in f"{shown}\n\n":
        return
    names = set(importlib.import_module(module).__all__) - {"Meta", "Option", "Param"}
    assert not missing([f"{module}.{name}" for name in names], shown)


def own(provided: list[Provided]) -> list[Provided]:
    """Give what the distributions of the project provide, whatever else is installed."""
    return [item for item in provided if item.plugin.distribution in DISTRIBUTIONS]


def test_every_handler_is_in_the_api() -> None:
    found = own(PluginManager().handlers)
    classes = {item.spec.target.partition(":")[2] for item in found}
    assert classes
    assert not missing(classes, page("api/download.rst").replace(".", " "))


def test_every_data_type_of_a_format_is_in_the_api() -> None:
    manager = PluginManager()
    repositories = {item.plugin.distribution for item in manager.repositories}
    found = [i for i in own(manager.data_types) if i.plugin.distribution not in repositories]
    classes = {item.spec.target.partition(":")[2] for item in found}
    assert classes
    shown = page("api/data.rst") + page("api/download.rst")
    assert not missing(classes, shown.replace(".", " "))


def test_every_transport_is_in_the_api() -> None:
    classes = {item.spec.target.replace(":", ".") for item in own(PluginManager().transports)}
    assert classes
    assert not missing(classes, page("api/download.rst"))


def test_every_repository_is_in_the_introduction() -> None:
    found = own(PluginManager().repositories)
    assert found
    assert not [i.spec.id for i in found if f"| `{i.spec.id}` |" not in page("index.md")]


def test_every_distribution_has_its_place_in_the_documentation() -> None:
    sources = [path for path in DOCS.rglob("*.*") if path.suffix in (".md", ".rst")]
    shown = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert not missing(DISTRIBUTIONS, shown)
