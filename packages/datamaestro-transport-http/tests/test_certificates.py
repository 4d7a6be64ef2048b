"""Certificates are always verified, by those that are trusted here."""

import datetime
import os
import shutil
import ssl
import subprocess

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from datamaestro.errors import TransportError
from datamaestro.testing import FileServer
from datamaestro.testing.faults import Redirect

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def serving(certificate):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    return FileServer(tls)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def trusted(authority, tmp_path):
    """Give the file of an authority's certificate."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def server(authority):
    with serving(authority.issue_cert("127.0.0.1")) as server:
        server.files["/x"] = b"content"
        yield server


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_environment_names_whom_to_trust(fetch, server, trusted, monkeypatch, name):
    monkeypatch.setenv(name, str(trusted))
    assert fetch(server.url("/x")) == b"content"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the name of a certificate")
def test_the_environment_names_folders_of_those_to_trust(
    fetch, server, trusted, tmp_path, monkeypatch
):
    command = ["openssl", "x509", "-subject_hash", "-noout", "-in", str(trusted)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    folders = [tmp_path / "empty", tmp_path / "full"]
    for folder in folders:
        folder.mkdir()
    shutil.copy(trusted, folders[1] / f"{name}.0")
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(map(str, folders)))
    assert fetch(server.url("/x")) == b"content"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_proxy_is_trusted_as_servers_are(fetch, server, trusted, monkeypatch, name):
    monkeypatch.setenv("http_proxy", server.url())
    monkeypatch.setenv(name, str(trusted))
    assert fetch("http://public.example/x") == b"content"


def test_a_proxy_is_trusted_on_the_way_to_another_end_that_is_encrypted(
    fetch, server, trusted, monkeypatch
):
    monkeypatch.setenv("https_proxy", server.url())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with pytest.raises(TransportError, match=r"through its proxy: .*found status 501"):
        fetch("https://public.example/x")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_of_an_unknown_authority_is_not_trusted(fetch, server, monkeypatch, scheme):
    monkeypatch.setenv(f"{scheme}_proxy", server.url())
    with pytest.raises(TransportError, match="its proxy's certificate isn't trusted") as error:
        fetch(f"{scheme}://public.example/x")
    assert not error.value.retry
    assert "REQUESTS_CA_BUNDLE or SSL_CERT_FILE" in error.value.hint
    assert server.requests == []


def test_an_unknown_authority_is_not_trusted(fetch, server):
    with pytest.raises(
        TransportError, match="its certificate isn't trusted: unable to get"
    ) as error:
        fetch(server.url("/x"))
    assert not error.value.retry
    assert "REQUESTS_CA_BUNDLE or SSL_CERT_FILE" in error.value.hint
    assert server.requests == []


def test_a_certificate_of_its_own_making_is_not_trusted(fetch, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    pem = tmp_path / "own.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with (
        FileServer(tls) as server,
        pytest.raises(TransportError, match=r"its certificate isn't trusted: self.signed"),
    ):
        fetch(server.url("/x"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"identities": ["another.example"]}, "isn't trusted: .*127.0.0.1"),
        ({"identities": ["127.0.0.1"], "not_after": NOW - DAY}, "isn't trusted: .*expired"),
        ({"identities": ["127.0.0.1"], "not_before": NOW + DAY}, "isn't trusted: .*not yet valid"),
    ],
    ids=["of another host", "expired", "of tomorrow"],
)
def test_a_wrong_certificate_is_not_trusted(
    fetch, authority, trusted, monkeypatch, arguments, message
):
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    identities = arguments.pop("identities")
    with (
        serving(authority.issue_cert(*identities, **arguments)) as server,
        pytest.raises(TransportError, match=message) as caught,
    ):
        fetch(server.url("/x"))
    assert not caught.value.retry


def test_certificates_that_are_not_there_are_an_error_of_their_own(fetch, server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/authority.pem")
    with pytest.raises(TransportError, match=r"expected SSL_CERT_FILE to exist, found .*nowhere"):
        fetch(server.url("/x"))


def test_a_file_without_certificates_is_an_error_of_its_own(fetch, server, tmp_path, monkeypatch):
    (tmp_path / "none.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(TransportError, match=r"expected certificates in .*none\.pem") as caught:
        fetch(server.url("/x"))
    assert not caught.value.retry
    assert server.requests == []


def test_a_server_without_tls_is_no_server_with_it(fetch, file_server):
    with pytest.raises(TransportError, match="can't be reached"):
        fetch(file_server.url("/x").replace("http:", "https:"))


def test_a_redirect_does_not_leave_tls(fetch, server, trusted, file_server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    server.faults["/x"] = [Redirect(file_server.url("/x"))]
    with pytest.raises(TransportError, match="which gives up encryption"):
        fetch(server.url("/x"))
    assert file_server.requests == []


def test_a_redirect_to_tls_is_followed(fetch, server, trusted, file_server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    file_server.files["/y"] = b""
    file_server.faults["/y"] = [Redirect(server.url("/x"))]
    assert fetch(file_server.url("/y")) == b"content"
