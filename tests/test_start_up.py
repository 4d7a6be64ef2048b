"""The command line imports what it needs, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from workspace.commandline import run
from workspace.distributions import PLUGINS

HEAVY = {"numpy", "pandas", "polars", "pyarrow", "requests", "tqdm", "urllib3"}
ABOUT_DEFINITIONS = {
    f"datamaestro.{name}"
    for name in ("dataset_definition", "download", "preparation", "repository", "variants")
}
PACKAGES = {str(item.package) for item in PLUGINS.values()}


def imported_by(*arguments: str, home: Path) -> set[str]:
    """Run a command and give the names of all modules that it imports."""
    process = run(*arguments, home=home, interpreter_options=("-v",))
    assert process.returncode == 0, process.stderr
    return set(re.findall(r"^import '([\w.]+)'", process.stderr, re.MULTILINE))


def top_level(modules: set[str]) -> set[str]:
    """Give the packages that modules are in."""
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["prepare", "--help"]])
def test_help_and_version_import_no_plugin_and_nothing_heavy(
    arguments: list[str], tmp_path: Path
) -> None:
    modules = top_level(imported_by(*arguments, home=tmp_path))
    assert modules & (HEAVY | PACKAGES) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["repositories"],
        ["search", "iris"],
        ["info", "edu.uci.iris"],
        ["info", "com.lecun.mnist"],
        ["datafolders", "list"],
        ["orphans"],
        ["list"],
        ["du"],
        ["cache", "list"],
    ],
)
def test_what_only_looks_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    assert top_level(imported_by(*arguments, home=tmp_path)) & HEAVY == set()


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["du"]])
def test_what_lists_data_imports_no_plugin_and_no_transfers(
    arguments: list[str], tmp_path: Path
) -> None:
    assert run("prepare", "edu.uci.iris", home=tmp_path).returncode == 0
    modules = imported_by(*arguments, home=tmp_path)
    assert top_level(modules) & (HEAVY | PACKAGES) == set()
    assert not modules & {"datamaestro.preparation.loop", "datamaestro.catalog", "humanize"}


@pytest.mark.parametrize("arguments", [["list"], ["du"], ["version"]])
def test_what_needs_no_plugin_looks_for_none(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import importlib.metadata, sys\n"
        "importlib.metadata.entry_points = lambda **_: sys.exit('it looked for entry points')\n"
        "from datamaestro.cli import main\n"
        f"sys.exit(main({arguments!r}))\n"
    )
    process = run(home=tmp_path, interpreter_options=("-c", script, "--"))
    assert process.returncode == 0, process.stderr


def test_data_that_are_there_are_prepared_without_an_http_library(tmp_path: Path) -> None:
    assert run("prepare", "edu.uci.iris", home=tmp_path).returncode == 0
    modules = imported_by("prepare", "edu.uci.iris", home=tmp_path)
    assert top_level(modules) & {"requests", "urllib3"} == set()


@pytest.fixture
def indexed(tmp_path: Path) -> Path:
    """Give the home folder of a user who has an index, which the next command leaves as it is.

    It doesn't while something installed has changed within the last seconds: the first import of
    a module makes the folder of its bytecode, and other tests import some meanwhile.
    """
    for _ in range(30):
        before = written(tmp_path)
        assert run("search", "iris", home=tmp_path).returncode == 0
        if written(tmp_path) == before:
            return tmp_path
    pytest.fail("each command writes the index anew")


def written(home: Path) -> dict[Path, int]:
    """Give the files that commands have written, and when."""
    return {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "iris"],
        ["search", "type:Matrix", "NOT", "tag:images"],
        ["info", "com.lecun.mnist"],
        ["repositories"],
        ["--help"],
    ],
)
def test_what_the_index_answers_imports_no_plugin_and_looks_for_none(
    arguments: list[str], indexed: Path
) -> None:
    modules = imported_by(*arguments, home=indexed)
    assert top_level(modules) & (HEAVY | PACKAGES | {"pluggy", "regex", "platformdirs"}) == set()
    assert modules & {"importlib.metadata", "hashlib", *ABOUT_DEFINITIONS} == set()


def test_help_has_no_messages_to_show(indexed: Path) -> None:
    assert "logging" not in imported_by("--help", home=indexed)


def test_an_expression_that_may_take_long_needs_the_library_for_expressions(indexed: Path) -> None:
    assert "regex" in top_level(imported_by("search", "(edu|org)+", home=indexed))
    assert "regex" not in top_level(imported_by("search", "^edu.*iris$", home=indexed))


def test_what_opens_urls_is_remembered_with_all_else_that_plugins_tell(indexed: Path) -> None:
    modules = imported_by("prepare", "edu.uci.iris", home=indexed)
    assert "datamaestro_transport_local.transports" in modules
    assert modules & {"pluggy", "importlib.metadata"} == set()


def test_a_look_up_imports_the_module_and_the_plugin_that_the_index_says(indexed: Path) -> None:
    assert run("prepare", "edu.uci.iris", home=indexed).returncode == 0
    modules = imported_by("prepare", "edu.uci.iris", home=indexed)
    path = "datamaestro_ml.config.edu.uci.iris"
    assert path in modules
    assert [n for n in modules if ".config." in n and not f"{path}.".startswith(f"{n}.")] == []
    assert top_level(modules) & {"datamaestro_image", "datamaestro_text", "pluggy"} == set()
    assert modules & {"importlib.metadata", "hashlib", "random"} == set()
