"""Fixtures of the session ``wheels``: what was built, and environments to install it in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from workspace.distributions import ROOT
from workspace.environments import Environment

THIRD_PARTY = ROOT / "tests" / "third_party"


@pytest.fixture(scope="session")
def dist() -> Path:
    """Give the folder that the session ``build`` has filled."""
    folder = os.environ.get("DATAMAESTRO_TEST_WHEELS")
    if folder is None:
        pytest.skip("needs built wheels: nox -s wheels")
    return Path(folder)


@pytest.fixture(scope="session")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the wheels of the distributions in ``tests/third_party``."""
    folder = tmp_path_factory.mktemp("third_party")
    for source in sorted(THIRD_PARTY.glob("*/pyproject.toml")):
        subprocess.run(
            [*(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
             *("--outdir", folder, source.parent)],
            check=True,
            capture_output=True,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def make_environment(
    dist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Environment]:
    """Give what makes an environment from requirements, with this workspace's wheels."""

    def make(*requirements: str | Path) -> Environment:
        folder = tmp_path_factory.mktemp("environment")
        return Environment(folder, *requirements, constraints=dist / "constraints.txt")

    return make


class _Quiet(SimpleHTTPRequestHandler):
    def do_CONNECT(self) -> None:
        self.send_error(403)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Give a folder and the URL that serves it on loopback; as a proxy it lets nobody out."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def real_files(request: pytest.FixtureRequest) -> Path:
    """Give the folder of real files that ``DATAMAESTRO_TEST_MIRROR`` names, or skip."""
    default = request.config.rootpath.parent / "shared" / "mirror"
    folder = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR", default))
    if not (folder / "index.json").is_file():
        pytest.skip(f"no real files at {folder}: set DATAMAESTRO_TEST_MIRROR")
    return folder
