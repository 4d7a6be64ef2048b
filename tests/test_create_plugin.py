"""``create-plugin`` writes distributions that pass their tests as they stand."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from workspace.commandline import run

from datamaestro.create.plugin import KINDS, PluginName, write_plugin
from datamaestro.testing import write_distribution

NAMES = ["example-flowers", "b", "Datamaestro.Format_of-the-Flowers-in-a-Garden"]


def python(*arguments: str, folder: Path, packages: Path) -> CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )


def installed(folder: Path, packages: Path) -> Path:
    """Put a distribution where Python finds it, as an editable installation does."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = folder / "src"
    write_distribution(
        packages,
        project["name"],
        version=project["version"],
        files={
            path.relative_to(source).as_posix(): path.read_text(encoding="utf-8")
            for path in source.rglob("*")
            if path.is_file()
        },
        entry_points=project["entry-points"],
    )
    return packages


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_in_order_whatever_its_name(kind: str, name: str, tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    folder = write_plugin(name, kind, tmp_path)
    for command in (["check"], ["format", "--check"]):
        done = python("-m", "ruff", *command, ".", folder=folder, packages=tmp_path)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_has_types(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    folder = write_plugin("example-flowers", kind, tmp_path)
    cache = Path.cwd() / ".mypy_cache"
    done = python("-m", "mypy", f"--cache-dir={cache}", folder=folder, packages=tmp_path)
    assert done.returncode == 0, done.stdout


def test_names_follow_from_that_of_the_distribution() -> None:
    name = PluginName.of("Datamaestro_format.parquet", "format")
    assert name.distribution == "datamaestro-format-parquet"
    assert name.package == "datamaestro_format_parquet"
    assert name.words == ("parquet",)
    assert name.class_name == "Parquet"
    assert PluginName.of("format", "format").words == ("format",)
    assert PluginName.of("x-3d", "format").class_name == "X3d"
    assert PluginName.of("format-3d", "format").class_name == "The3d"
    assert PluginName.of("transport-3d", "transport").scheme == "d"


TAKEN = [
    ("format-file", "format"),
    ("format-path", "format"),
    ("none", "format"),
    ("download-source", "handler"),
    ("transport-response", "transport"),
]
"""Names, and kinds of plugins whose module has the class of that name for something else."""


@pytest.mark.parametrize(("name", "kind"), TAKEN)
def test_a_class_has_no_name_that_its_module_has_for_something_else(name: str, kind: str) -> None:
    assert PluginName.of(name, kind).class_name.startswith("The")


@pytest.mark.parametrize(("name", "kind"), [("example-flowers", "repository"), *TAKEN])
def test_a_new_plugin_passes_its_tests_whatever_its_name(
    name: str, kind: str, tmp_path: Path
) -> None:
    folder = write_plugin(name, kind, tmp_path)
    packages = installed(folder, tmp_path / "packages")
    done = python("-m", "pytest", "-q", "-W", "error", folder=folder, packages=packages)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_the_command_prints_the_folder_and_what_to_do(tmp_path: Path) -> None:
    done = run("create-plugin", "Example.Flowers", "--kind", "format", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'example-flowers'}\n"
    folder = shlex.quote(done.stdout.rstrip("\n"))
    assert f"pip install --editable {folder} pytest;" in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("-flowers", "not the name of a distribution"),
        ("flowers of spring", "not the name of a distribution"),
        ("../flowers", "not the name of a distribution"),
        ("3d", "no import package can have this name"),
        ("json", "no import package can have this name"),
        ("config", "no import package can have this name"),
        ("class", "no import package can have this name"),
        ("datamaestro", "no import package can have this name"),
    ],
)
def test_a_name_that_can_not_be_is_an_error(name: str, message: str, tmp_path: Path) -> None:
    done = run("create-plugin", "--kind", "format", "--", name, home=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "example-flowers").mkdir()
    done = run("create-plugin", "example-flowers", "--kind", "format", home=tmp_path)
    assert done.returncode == 1
    assert "something is there already; it was left as it is" in done.stderr
    assert list((tmp_path / "example-flowers").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("Datamaestro_Image", "format", "the name 'datamaestro-image' is taken by datamaestro-"),
        ("download-single", "format", "the plugin id 'download-single' is taken by "),
        ("datasets-of-orchard", "repository", "the repository id 'of-orchard' is taken by orchard"),
        ("transport-http", "transport", "the scheme 'http' is taken by datamaestro-transport-"),
    ],
)
def test_what_an_installed_plugin_has_is_not_claimed_again(
    name: str, kind: str, message: str, tmp_path: Path
) -> None:
    packages = write_distribution(
        tmp_path / "packages",
        "orchard-things",
        files={"orchard.py": "from datamaestro import Repository\n"},
        entry_points={
            "datamaestro": {"download-single": "orchard"},
            "datamaestro.repositories": {"of-orchard": "orchard:Repository"},
        },
    )
    environment = {"PYTHONPATH": str(packages)}
    done = run("create-plugin", name, "--kind", kind, home=tmp_path, environment=environment)
    assert done.returncode == 1
    assert message in done.stderr
    assert [path.name for path in tmp_path.glob("[!.]*")] == ["packages"]
