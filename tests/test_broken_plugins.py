"""A plugin that fails to import is told of, and nothing else suffers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from workspace.commandline import run

from datamaestro.testing import write_distribution


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give a folder of installed distributions, one of which can't be imported."""
    return write_distribution(
        tmp_path / "site",
        "broken-plugin",
        version="3.4.5",
        files={
            "broken_plugin/__init__.py": "",
            "broken_plugin/_plugin.py": "import nowhere_at_all",
        },
        entry_points={"datamaestro": {"broken": "broken_plugin._plugin"}},
    )


def with_broken_plugin(
    *arguments: str, site: Path, strict: bool = False
) -> subprocess.CompletedProcess[str]:
    home = site.parent / "home"
    (home / "datamaestro" / "data" / "old" / "dataset").mkdir(parents=True, exist_ok=True)
    environment = {"PYTHONPATH": str(site)}
    if strict:
        environment["DATAMAESTRO_STRICT_PLUGINS"] = "1"
    return run(*arguments, home=home, environment=environment)


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "iris"],
        ["info", "edu.uci.iris"],
        ["repositories"],
        ["download", "edu.uci.iris"],
        ["prepare", "edu.uci.iris"],
        ["plugins"],
        ["orphans"],
    ],
)
def test_every_command_works_and_warns_in_one_line(site: Path, arguments: list[str]) -> None:
    process = with_broken_plugin(*arguments, site=site)
    assert process.returncode == 0, process.stderr
    warnings = [line for line in process.stderr.splitlines() if "broken-plugin" in line]
    assert len(warnings) == 1
    assert "nowhere_at_all" in warnings[0]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["version"], ["prepare", "--help"], ["datafolders", "list"]]
)
def test_a_command_that_needs_no_plugin_tells_nothing(site: Path, arguments: list[str]) -> None:
    process = with_broken_plugin(*arguments, site=site)
    assert process.returncode == 0
    assert "broken-plugin" not in process.stdout + process.stderr


def test_plugins_shows_which_is_broken_and_why(site: Path) -> None:
    text = with_broken_plugin("plugins", site=site).stdout
    (line,) = [line for line in text.splitlines() if "broken-plugin" in line]
    for part in ("3.4.5", "broken_plugin._plugin", "ModuleNotFoundError", "nowhere_at_all"):
        assert part in line


def test_plugins_shows_it_in_json_too(site: Path) -> None:
    output = json.loads(with_broken_plugin("plugins", "--json", site=site).stdout)
    (broken,) = [item for item in output["broken"] if item["distribution"] == "broken-plugin"]
    assert broken["version"] == "3.4.5"
    assert broken["entry_point"] == "datamaestro: broken = broken_plugin._plugin"
    assert "nowhere_at_all" in broken["error"]


def test_the_error_is_raised_at_once_when_that_is_asked_for(site: Path) -> None:
    process = with_broken_plugin("search", "iris", site=site, strict=True)
    assert process.returncode == 1
    assert "nowhere_at_all" in process.stderr
    assert process.stdout == ""


def test_a_broken_repository_leaves_the_others_alone(site: Path) -> None:
    write_distribution(
        site,
        "broken-repository",
        files={"broken_repository.py": "import nowhere_at_all"},
        entry_points={"datamaestro.repositories": {"halfway": "broken_repository:Halfway"}},
    )
    found = with_broken_plugin("search", "repo:ml", "iris", site=site)
    assert "edu.uci.iris" in found.stdout.splitlines()
    asked = with_broken_plugin("info", "halfway:some.dataset", site=site)
    assert asked.returncode == 1
    assert "broken-repository" in asked.stderr


def test_a_broken_command_fails_alone(site: Path) -> None:
    write_distribution(
        site,
        "broken-command",
        files={"broken_command.py": "import nowhere_at_all"},
        entry_points={"datamaestro.commands": {"halfway": "broken_command:command"}},
    )
    listing = with_broken_plugin("--help", site=site)
    assert "halfway" in listing.stdout
    process = with_broken_plugin("halfway", site=site)
    assert process.returncode == 1
    assert "broken-command" in process.stderr
