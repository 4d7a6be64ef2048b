"""The local transports keep what transports promise."""

import os
from itertools import count

import pytest

from datamaestro.testing import TransportContract
from datamaestro_transport_local import FileTransport, PackageTransport


def at_rest(path, content, time):
    """Write a file that nobody has changed for long: its time of change identifies it."""
    path.write_bytes(content)
    os.utime(path, (time, time))
    return path


class TestFile(TransportContract):
    transport = FileTransport

    @pytest.fixture
    def publish(self, tmp_path):
        times = count(1)

        def publish(content):
            return at_rest(tmp_path / "a file", content, next(times)).as_uri()

        return publish

    @pytest.fixture
    def nowhere(self, tmp_path):
        return (tmp_path / "nowhere").as_uri()


class TestPackage(TransportContract):
    transport = PackageTransport

    @pytest.fixture
    def publish(self, site_packages):
        folder = site_packages / "package_of_the_contract"
        folder.mkdir()
        (folder / "__init__.py").touch()
        times = count(1)

        def publish(content):
            at_rest(folder / "a file", content, next(times))
            return "package:package_of_the_contract/a%20file"

        return publish

    @pytest.fixture
    def nowhere(self, publish):
        publish(b"")
        return "package:package_of_the_contract/nowhere"
