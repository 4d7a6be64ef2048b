"""Repositories from outside the workspace, through the documented group of entry points."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from workspace.commandline import run

from datamaestro.testing import write_distribution

REPOSITORY = """
from datamaestro.context import Repository

class Orchard(Repository):
    NAMESPACE = "orchard"
    DESCRIPTION = "Fruit"
"""

DEFINITION = '''
from datamaestro.data import File
from datamaestro.definitions import Dataset, dataset
from datamaestro.download.single import FileDownloader

@dataset(url="https://orchard.example.org")
class Apples(Dataset):
    """Apples

    One kind of apple on each line.
    """

    LIST = FileDownloader("apples.txt", "package:PACKAGE/apples.txt", size=13)

    def config(self) -> File:
        return File(path=self.LIST.path)
'''


def write_orchard(site: Path, name: str) -> None:
    """Write a distribution with a repository ``orchard``, as a user would."""
    package = name.replace("-", "_")
    write_distribution(
        site,
        name,
        files={
            f"{package}/__init__.py": REPOSITORY,
            f"{package}/apples.txt": "Boskoop\nGala\n",
            f"{package}/config/__init__.py": "",
            f"{package}/config/org/example.py": DEFINITION.replace("PACKAGE", package),
        },
        entry_points={"datamaestro.repositories": {"orchard": f"{package}:Orchard"}},
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Give a folder in which one distribution with a repository is installed."""
    write_orchard(tmp_path / "site", "orchard-data")
    return tmp_path / "site"


def with_orchard(*arguments: str, site: Path) -> subprocess.CompletedProcess[str]:
    home = site.parent / "home"
    home.mkdir(exist_ok=True)
    return run(*arguments, home=home, environment={"PYTHONPATH": str(site)})


def test_search_finds_its_datasets(site: Path) -> None:
    process = with_orchard("search", "repo:orchard", site=site)
    assert process.stdout == "org.example.apples\n", process.stderr


def test_info_tells_what_its_definitions_declare(site: Path) -> None:
    process = with_orchard("info", "org.example.apples", "--json", site=site)
    information = json.loads(process.stdout)
    assert information["name"] == "Apples"
    assert information["repository"] == "orchard"
    assert information["description"] == "One kind of apple on each line."


def test_prepare_makes_its_data_ready(site: Path) -> None:
    process = with_orchard("prepare", "org.example.apples", site=site)
    assert process.returncode == 0, process.stderr
    path = Path(json.loads(process.stdout)["path"])
    assert path.read_text(encoding="utf-8") == "Boskoop\nGala\n"


def test_it_is_listed_with_the_others(site: Path) -> None:
    output = with_orchard("repositories", "--json", site=site).stdout
    assert {"ml", "orchard"} <= {item["id"] for item in json.loads(output)}


def test_two_distributions_that_claim_one_repository_are_both_named(site: Path) -> None:
    write_orchard(site, "other-orchard")
    process = with_orchard("info", "orchard:org.example.apples", site=site)
    assert process.returncode == 1
    assert "orchard-data 1.0" in process.stderr
    assert "other-orchard 1.0" in process.stderr


def test_a_claim_for_one_repository_leaves_the_others_alone(site: Path) -> None:
    write_orchard(site, "other-orchard")
    process = with_orchard("search", "repo:ml", "iris", site=site)
    assert "edu.uci.iris" in process.stdout.splitlines()
    (warning,) = [line for line in process.stderr.splitlines() if "other-orchard" in line]
    assert "orchard-data" in warning
