"""URLs that the kernel opens by itself, for the bytes that a lock file has."""

import socket
import ssl

import pytest
import trustme

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro.lockfile.plain_transports import PLAIN_TRANSPORTS, PlainHttp
from datamaestro.testing import FileServer, TransportContract
from datamaestro.testing.faults import (
    Chunked,
    DropAfter,
    IgnoreRange,
    IgnoreValidator,
    Informational,
    Redirect,
    Status,
    Together,
    WeakValidator,
    WithoutValidator,
    WrongRange,
)

CONTENT = b"0123456789" * 1000


@pytest.fixture
def http(context):
    return PlainHttp(context)


class TestPlainHttp(TransportContract):
    transport = PlainHttp

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

    def test_a_plugin_provides_it_for_its_schemes(self, context, publish):
        """None does: it stands in where there is no plugin."""
        assert PLAIN_TRANSPORTS["http"] is PLAIN_TRANSPORTS["https"] is PlainHttp


# --- continuing what began


@pytest.fixture
def continued(http, file_server):
    """Give a function that reads the whole, by a first part and what comes after it."""
    file_server.files["/x"] = CONTENT

    def continued(*faults, validator=None):
        url = file_server.url("/x")
        with http.open(TransportRequest(url)) as response:
            begun, validator = response.read(4000), validator or response.validator
        file_server.faults["/x"] = list(faults)
        with http.open(TransportRequest(url, len(begun), validator)) as response:
            rest = b"".join(iter(lambda: response.read(999), b""))
            return response.start, begun[: response.start] + rest

    return continued


@pytest.mark.parametrize("path", ["/folder/x", "folder/x"])
def test_a_path_on_a_server_for_tests_may_be_told_without_its_slash(http, file_server, path):
    file_server.files["/folder/x"] = CONTENT
    with http.open(TransportRequest(file_server.url(path))) as response:
        assert response.size == len(CONTENT)
    assert f"{file_server.url()}/folder/x" == file_server.url(path)


def test_what_has_not_changed_is_continued(continued):
    start, content = continued()
    assert start > 0
    assert content == CONTENT


@pytest.mark.parametrize(
    "fault", [WrongRange(), IgnoreRange(), WithoutValidator(), WeakValidator(), Status(416)]
)
def test_a_part_that_does_not_fit_is_not_used(continued, fault):
    assert continued(fault) == (0, CONTENT)


def test_a_server_that_passes_over_the_validator_is_found_out(continued):
    assert continued(IgnoreValidator(), validator='"another"') == (0, CONTENT)


# --- what it refuses, and how it ends


@pytest.mark.parametrize(("code", "again"), [(404, False), (403, False), (429, True), (503, True)])
def test_a_status_says_whether_to_ask_again(http, file_server, code, again):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Status(code)]
    with pytest.raises(TransportError, match=f"found status {code}") as caught:
        http.open(TransportRequest(file_server.url("/x")))
    assert caught.value.retry is again


def test_what_a_server_says_before_its_answer_is_passed_over(http, file_server):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Informational((100, 102, 103, 103))]
    with http.open(TransportRequest(file_server.url("/x"))) as response:
        assert (response.size, response.read(5)) == (len(CONTENT), CONTENT[:5])


def test_a_server_that_never_comes_to_its_answer_is_given_up(http, file_server):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Informational((102,) * 200)]
    with pytest.raises(TransportError, match="more than 100 informational answers"):
        http.open(TransportRequest(file_server.url("/x")))


def test_a_transfer_that_breaks_off_may_be_tried_again(http, file_server):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Together(Chunked(), DropAfter(3000))]
    with http.open(TransportRequest(file_server.url("/x"))) as response:
        pieces = iter(lambda: response.read(1000), b"")
        with pytest.raises(TransportError, match="broke off") as caught:
            list(pieces)
    assert caught.value.retry


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:port/", "http://a b/"])
def test_what_is_no_url_is_not_asked_again(http, url):
    with pytest.raises(TransportError, match="can't be reached") as caught:
        http.open(TransportRequest(url))
    assert not caught.value.retry


# --- where a server may lead to


class FromTheInternet(PlainHttp):
    """Takes the loopback address for the internet, and its name for this machine's own."""

    @staticmethod
    def is_internal(host):
        return host == "localhost"


def test_a_redirect_is_followed(http, file_server):
    file_server.files |= {"/x": CONTENT, "/y": b"other"}
    file_server.faults["/y"] = [Redirect(file_server.url("/x", host="localhost"))]
    with http.open(TransportRequest(file_server.url("/y"))) as response:
        assert response.size == len(CONTENT)


def test_a_redirect_never_leads_from_the_internet_to_this_machine(context, file_server):
    file_server.files |= {"/x": CONTENT, "/y": b"other"}
    file_server.faults["/y"] = [Redirect(file_server.url("/x", host="localhost"))]
    with pytest.raises(TransportError, match="which isn't on the internet") as caught:
        FromTheInternet(context).open(TransportRequest(file_server.url("/y")))
    assert not caught.value.retry
    assert [request.path for request in file_server.requests] == ["/y"]


@pytest.mark.parametrize(
    ("host", "internal"),
    [("127.0.0.1", True), ("10.0.0.1", True), ("169.254.169.254", True), ("8.8.8.8", False)],
)
def test_addresses_say_what_is_internal(host, internal):
    assert PlainHttp.is_internal(host) is internal


@pytest.mark.parametrize("location", ["file:///etc/hosts", "ftp://127.0.0.1/x"])
def test_a_redirect_leads_to_http_alone(http, file_server, location):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Redirect(location)]
    with pytest.raises(TransportError):
        http.open(TransportRequest(file_server.url("/x")))


def test_redirects_end(http, file_server):
    file_server.files["/x"] = CONTENT
    file_server.faults["/x"] = [Redirect(file_server.url("/x"))] * 100
    with pytest.raises(TransportError) as caught:
        http.open(TransportRequest(file_server.url("/x")))
    assert not caught.value.retry
    assert len(file_server.requests) < 30


# --- certificates


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls_server(authority):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with FileServer(tls) as server:
        server.files["/x"] = CONTENT
        yield server


def test_a_certificate_has_to_be_trusted(http, tls_server):
    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED") as caught:
        http.open(TransportRequest(tls_server.url("/x")))
    assert not caught.value.retry


def test_a_redirect_does_not_give_up_encryption(
    context, authority, tls_server, file_server, tmp_path, monkeypatch
):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with PlainHttp(context).open(TransportRequest(tls_server.url("/x"))) as response:
        assert response.size == len(CONTENT)
    tls_server.faults["/x"] = [Redirect(file_server.url("/x"))]
    with pytest.raises(TransportError, match="which gives up encryption"):
        PlainHttp(context).open(TransportRequest(tls_server.url("/x")))
    assert file_server.requests == []
