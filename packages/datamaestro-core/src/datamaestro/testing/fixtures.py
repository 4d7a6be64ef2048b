"""What installing datamaestro adds to pytest: fixtures, an option and its mark."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.testing.mock import MockContext
    from datamaestro.testing.server import FileServer

__all__ = [
    "context",
    "download_context",
    "file_server",
    "home",
    "loopback_context",
    "mirror_folder",
    "mock_context",
    "site_mirror",
    "site_packages",
]

DOWNLOAD = "--datamaestro-download"

pytest.register_assert_rewrite("datamaestro.testing.contracts")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for tests of real downloads."""
    parser.getgroup("datamaestro").addoption(
        DOWNLOAD,
        action="store_true",
        help="also run tests that download whole datasets",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of these tests."""
    config.addinivalue_line(
        "markers", f"datamaestro_download: downloads whole datasets; skipped without {DOWNLOAD}"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip these tests, unless they are asked for."""
    if not config.getoption(DOWNLOAD):
        skip = pytest.mark.skip(reason=f"downloads whole datasets: give {DOWNLOAD}")
        for item in items:
            if item.get_closest_marker("datamaestro_download"):
                item.add_marker(skip)


_FOLDERS = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(scope="session")
def _remembered_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what is remembered of the installed plugins: to find out takes longer than most tests.

    It serves as long as it is so: tests that install others find out for themselves.
    """
    from datamaestro.errors import DatamaestroError
    from datamaestro.plugins.manager import PluginManager

    folder = tmp_path_factory.mktemp("plugins")
    with suppress(DatamaestroError):  # a test is going to tell
        PluginManager(folder).repositories  # noqa: B018
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _remembered_plugins: Path) -> Path:
    """Give an empty home folder; no setting of the machine is seen."""
    from datamaestro.plugins.installed import index_folder

    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in [*os.environ]:
        own = name.startswith("DATAMAESTRO_") and name != "DATAMAESTRO_TEST_MIRROR"
        if own or name.upper() in (*_FOLDERS, *_NETWORK, *_CERTIFICATES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATAMAESTRO_INDEX_DIR", str(folder / ".cache" / "datamaestro"))
    shutil.copytree(_remembered_plugins, index_folder())
    return folder


@pytest.fixture
def context(home: Path) -> Context:
    """Give a context with an empty data directory, in an empty home folder."""
    from datamaestro.context import Context

    return Context(home / "datamaestro")


@pytest.fixture
def loopback_context(home: Path) -> Context:
    """Give a context with an empty data directory, whose connections end on this machine."""
    from datamaestro.testing.loopback import LoopbackContext

    return LoopbackContext(home / "datamaestro")


@pytest.fixture
def mock_context(home: Path) -> MockContext:
    """Give a context that makes up small synthetic data where others download."""
    from datamaestro.testing.mock import MockContext

    return MockContext(home / "mock")


@pytest.fixture
def download_context(home: Path, request: pytest.FixtureRequest) -> Context:
    """Give a context for tests of real downloads.

    With ``DATAMAESTRO_TEST_MIRROR`` they come from that folder, and no connection leaves
    the machine.
    """
    from datamaestro.context import Context
    from datamaestro.testing.loopback import LoopbackContext

    if not os.environ.get("DATAMAESTRO_TEST_MIRROR"):
        return Context(home / "datamaestro")
    request.getfixturevalue("site_mirror")
    return LoopbackContext(home / "datamaestro")


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a folder on ``sys.path``, for :func:`datamaestro.testing.write_distribution`."""
    from datamaestro.testing.distribution import forget_modules

    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    forget_modules(folder)


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    """Give a running HTTP server on loopback."""
    from datamaestro.testing.server import FileServer

    with FileServer() as server:
        yield server


@pytest.fixture
def mirror_folder() -> Path:
    """Give the folder of real files that ``DATAMAESTRO_TEST_MIRROR`` names.

    Each file lies at the host and path of its URL. The test is skipped where there is no such
    folder.
    """
    named = os.environ.get("DATAMAESTRO_TEST_MIRROR")
    if not named or not Path(named, "index.json").is_file():
        pytest.skip(f"no real files at {named}: set DATAMAESTRO_TEST_MIRROR")
    return Path(named)


@pytest.fixture
def site_mirror(
    home: Path,  # noqa: ARG001  (no setting of the machine may name another mirror)
    mirror_folder: Path,
    file_server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> FileServer:
    """Serve the folder of real files on loopback, as the site mirror."""
    file_server.folders[""] = mirror_folder
    monkeypatch.setenv("DATAMAESTRO_MIRROR", file_server.url())
    return file_server
