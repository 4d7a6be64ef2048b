"""The README's commands are those that CI runs, and those that there are."""

from __future__ import annotations

import re
import runpy
import tomllib

import nox
import pytest
from workspace.distributions import DISTRIBUTIONS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Give the lines of the code blocks that hold commands."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def noxfile() -> dict[str, object]:
    """Give the names in noxfile.py."""
    return runpy.run_path(str(ROOT / "noxfile.py"))


def test_the_readme_has_one_command_to_use_it_and_one_to_test_it() -> None:
    assert "pip install hatch && hatch run datamaestro prepare edu.uci.iris" in commands(README)
    assert 'pip install "nox[uv]" && nox' in commands(README)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[-1] in commands(README)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_hatch_installs_every_distribution_and_no_project_of_the_root() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "project" not in project
    environment = project["tool"]["hatch"]["envs"]["default"]
    assert environment["skip-install"]
    assert environment["workspace"]["members"] == ["packages/*"]


def test_every_session_that_a_text_names_is_there(noxfile: dict[str, object]) -> None:
    named = re.findall(r"\bnox -s ([a-z]+)", README + CONTRIBUTING)
    assert named
    assert [name for name in named if not isinstance(noxfile.get(name), nox.registry.Func)] == []


def test_every_session_is_in_the_contributors_guide(noxfile: dict[str, object]) -> None:
    sessions = [name for name, item in noxfile.items() if isinstance(item, nox.registry.Func)]
    assert [name for name in sessions if f"`{name}`" not in CONTRIBUTING] == []


def test_the_readme_lists_every_distribution() -> None:
    assert [name for name in DISTRIBUTIONS if f"[`{name}`](packages/{name})" not in README] == []


def test_bump_changes_the_version_and_what_depends_on_it_only(noxfile: dict[str, object]) -> None:
    text = (
        '[project]\nname = "datamaestro-x"\nversion = "2026.11.0"\ndependencies = [\n'
        '  "datamaestro-core>=2026.11.0",\n  "datamaestro-format-csv[arrow]>=2026.11.0",\n'
        '  "calver>=2026.11.0",\n]\n'
    )
    bumped = noxfile["bumped"](text, "2026.11.0", "2026.12.1")  # type: ignore[operator]
    assert bumped == text.replace("2026.11.0", "2026.12.1").replace(
        "calver>=2026.12.1", "calver>=2026.11.0"
    )
