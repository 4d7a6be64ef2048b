"""Plugins made by ``create-plugin``: built, installed in an empty environment, and tested."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace.environments import Environment, User

Installer = Callable[..., Environment]


@pytest.fixture(scope="module")
def kernel(make_environment: Installer) -> Environment:
    """Give an environment with the kernel alone."""
    return make_environment("datamaestro-core")


@pytest.mark.parametrize("kind", ["repository", "handler", "format", "transport"])
def test_a_new_plugin_builds_installs_and_passes_its_tests(
    kind: str, kernel: Environment, make_environment: Installer, tmp_path: Path
) -> None:
    done = User(kernel, tmp_path).run("create-plugin", "example-flowers", "--kind", kind)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    command = [sys.executable, "-m", "build", "--no-isolation", folder]  # an sdist, and its wheel
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    environment = make_environment(wheel, "pytest")
    tested = subprocess.run(
        [environment.python, "-m", "pytest", "-q", "-W", "error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    listed = User(environment, tmp_path).run("plugins")
    assert "example-flowers 0.1.0" in listed.stdout
