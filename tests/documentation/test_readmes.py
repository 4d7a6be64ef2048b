"""The Python examples in the READMEs run: the workspace's, and each distribution's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from documented.blocks import Block, parse
from documented.session import Session
from workspace.distributions import DISTRIBUTIONS, ROOT

from datamaestro.testing import FileServer

OF_REAL_FILES = frozenset({"datamaestro-ml", "datamaestro-text"})
"""Those whose examples prepare datasets for which there is no stand-in."""


FOLDERS = {"workspace": ROOT} | {name: item.folder for name, item in DISTRIBUTIONS.items()}


def examples(owner: str) -> list[Block]:
    text = (FOLDERS[owner] / "README.md").read_text(encoding="utf-8")
    blocks = parse(text, f"{owner}/README.md")
    return [block for block in blocks if block.language == "python"]


WITH_EXAMPLES = {owner for owner in FOLDERS if examples(owner)}


@pytest.fixture
def real_files(network: FileServer, mirror_folder: Path) -> Iterator[None]:
    """Make the site mirror serve the folder of real files too."""
    network.folders[""] = mirror_folder
    yield
    del network.folders[""]


@pytest.mark.parametrize("owner", sorted(WITH_EXAMPLES - OF_REAL_FILES))
def test_the_examples_of_a_readme_run(owner: str, mnist_user: Session) -> None:
    for block in examples(owner):
        mnist_user.python(block.code, str(block))


@pytest.mark.usefixtures("real_files")
@pytest.mark.parametrize("owner", sorted(WITH_EXAMPLES & OF_REAL_FILES))
def test_the_examples_of_a_readme_run_with_real_files(owner: str, mnist_user: Session) -> None:
    for block in examples(owner):
        mnist_user.python(block.code, str(block))
