"""Fixtures of the documentation's tests, and the folder of what they share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamaestro.testing import FileServer

sys.path.insert(0, str(Path(__file__).with_name("support")))

from documented.examples import (
    example_files,
    install_example_repository,
    mnist_files,
)
from documented.session import Session


@pytest.fixture(scope="session")
def network() -> Iterator[FileServer]:
    """Give the site mirror: a server on loopback with the files of the examples."""
    with FileServer() as server:
        server.files.update(mnist_files())
        server.files.update(example_files())
        yield server


@pytest.fixture
def session(tmp_path: Path, network: FileServer) -> Iterator[Session]:
    """Give a user with an empty home folder."""
    with Session(tmp_path, network.url()) as session:
        yield session


@pytest.fixture
def mnist_user(session: Session) -> Session:
    """Give a user who has the overview's definition of MNIST installed, and prefers it."""
    install_example_repository(session.site, session.home)
    return session
