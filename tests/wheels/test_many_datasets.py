"""A hundred thousand datasets of one plugin: installed from a wheel, upgraded and removed."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace.environments import Environment, User

MODULES = 50
DATASETS = 20
STREAMED = 99_000

LATER = 1_000
"""How many of those that are streamed later versions have: most of them go with an upgrade."""

REPOSITORY = """
from datamaestro import Repository
from datamaestro.catalog import Entry


class Many(Repository):
    NAMESPACE = "many"
    DESCRIPTION = "Many datasets"

    def entries(self):
        for number in range({streamed}):
            yield Entry(
                f"org.hub.user{{number % 997}}.corpus-{{number}}",
                name=f"Corpus {{number}}",
                description="A corpus of the hub, number " + str(number),
                tags=("text", f"group{{number % 100}}"),
            )
"""

DEFINITION = '''

@dataset(File)
def item_{number}():
    """Item {number}

    {text}
    """
    return {{"path": "item"}}
'''


def wheel(folder: Path, version: str, text: str, streamed: int) -> Path:
    """Build the plugin's wheel."""
    header = "from datamaestro.data import File\nfrom datamaestro.definitions import dataset\n"
    repository = REPOSITORY.format(streamed=streamed)
    files = {"many/__init__.py": repository, "many/config/__init__.py": ""}
    for module in range(MODULES):
        numbers = range(module * DATASETS, (module + 1) * DATASETS)
        body = "".join(DEFINITION.format(number=number, text=text) for number in numbers)
        files[f"many/config/part{module}.py"] = header + body
    information = f"many-{version}.dist-info"
    files[f"{information}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: many\nVersion: {version}\nRequires-Dist: datamaestro-core\n"
    )
    files[f"{information}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{information}/entry_points.txt"] = "[datamaestro.repositories]\nmany = many:Many\n"
    record = [
        f"{name},{digest(content)},{len(content.encode())}" for name, content in files.items()
    ]
    files[f"{information}/RECORD"] = "\n".join([*record, f"{information}/RECORD,,", ""])
    path = folder / f"many-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def digest(content: str) -> str:
    """Give a digest as wheels record it."""
    found = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
    return f"sha256={found.rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
def many(
    make_environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory
) -> User:
    """Give a user of an environment with the plugin."""
    folder = tmp_path_factory.mktemp("many")
    environment = make_environment(wheel(folder, "1.0", "as it was at first", STREAMED))
    return User(environment, folder)


def found(user: User, *terms: str) -> list[str]:
    """Search, and give the ids."""
    process = user.run("search", *terms)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


def pip(user: User, *arguments: str | Path) -> None:
    """Run pip in the environment."""
    command = [user.environment.python, "-m", "pip", "--quiet", *arguments]
    subprocess.run(command, check=True)


def test_all_are_found(many: User) -> None:
    assert len(found(many)) == STREAMED + MODULES * DATASETS


def test_one_is_found_among_all(many: User) -> None:
    assert found(many, "item_777") == ["part38.item_777"]
    assert found(many, "corpus-98765") == ["org.hub.user62.corpus-98765"]
    assert len(found(many, "tag:^group7$")) == STREAMED // 100


def test_an_upgrade_a_downgrade_and_a_removal_are_seen_by_the_next_search(many: User) -> None:
    for version, text in (("2.0", "greatly improved"), ("1.5", "as it was between")):
        pip(many, "install", "--no-deps", wheel(many.home, version, text, LATER))
        assert len(found(many, f'"{text}"')) == MODULES * DATASETS
        assert len(found(many, "corpus")) == LATER
        described = json.loads(many.run("info", "part0.item_0", "--json").stdout)
        assert (described["version"], described["description"]) == (version, text)
    pip(many, "uninstall", "--yes", "many")
    assert found(many, "corpus") == []
