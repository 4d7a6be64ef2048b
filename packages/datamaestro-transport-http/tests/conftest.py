"""A transport, and a way to read what it opens."""

import pytest

from datamaestro.download import TransportRequest
from datamaestro_transport_http import HttpTransport


@pytest.fixture(autouse=True)
def _no_setting_of_the_machine(home):
    """Let no proxy, certificate or password of the machine take part."""


@pytest.fixture
def transport(context):
    transport = HttpTransport(context)
    yield transport
    transport.close()


@pytest.fixture
def fetch(transport):
    """Give a function that fetches a URL from its beginning to its end."""

    def fetch(url):
        with transport.open(TransportRequest(url)) as response:
            return b"".join(iter(lambda: response.read(10_000), b""))

    return fetch
