"""The local transports keep what transports promise."""

import pytest

from datamaestro.testing import TransportContract
from datamaestro_transport_local import FileTransport, PackageTransport


class TestFile(TransportContract):
    transport = FileTransport

    @pytest.fixture
    def publish(self, tmp_path):
        path = tmp_path / "a file"

        def publish(content):
            path.write_bytes(content)
            return path.as_uri()

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

        def publish(content):
            (folder / "a file").write_bytes(content)
            return "package:package_of_the_contract/a%20file"

        return publish

    @pytest.fixture
    def nowhere(self, publish):
        publish(b"")
        return "package:package_of_the_contract/nowhere"
