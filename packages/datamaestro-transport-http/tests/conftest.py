"""A transport, and a way to read what it opens."""

import pytest

from datamaestro_transport_http import HttpTransport


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch, home):
    """Let no proxy, certificate or password of the machine take part."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def transport(context):
    transport = HttpTransport(context)
    yield transport
    transport.close()


@pytest.fixture
def fetch(transport):
    """Give a function that fetches a URL from its beginning to its end."""
    from datamaestro.download import TransportRequest

    def fetch(url):
        with transport.open(TransportRequest(url)) as response:
            return b"".join(iter(lambda: response.read(10_000), b""))

    return fetch
