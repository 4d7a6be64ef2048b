"""The HTTP transport keeps what transports promise."""

import socket

import pytest

from datamaestro.testing import TransportContract
from datamaestro_transport_http import HttpTransport


class TestHttp(TransportContract):
    transport = HttpTransport

    @pytest.fixture
    def publish(self, file_server):
        def publish(content):
            file_server.files["/x"] = content
            return file_server.url("/x")

        return publish

    @pytest.fixture
    def nowhere(self, file_server):
        return file_server.url("/nowhere")

    @pytest.fixture
    def unreachable(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        return f"http://127.0.0.1:{port}/x"
