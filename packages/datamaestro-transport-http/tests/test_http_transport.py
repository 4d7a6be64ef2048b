"""The HTTP transport, against a real server on loopback."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass

import pytest
import trustme

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro.testing import FileServer
from datamaestro.testing.faults import (
    Fault,
    Modified,
    Page,
    Redirect,
    Status,
    Together,
    WithoutLength,
)
from datamaestro_transport_http import HttpTransport

BYTES = bytes(range(256)) * 100


def read(response):
    with response:
        return b"".join(iter(lambda: response.read(10_000), b""))


def test_what_a_proxy_has_changed_is_the_content_too(transport, file_server):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Status(203)]
    assert read(transport.open(TransportRequest(file_server.url("/x")))) == b"an error"


def test_the_kernel_finds_it_for_both_schemes(context):
    assert isinstance(context.transport("http://host/x"), HttpTransport)
    assert isinstance(context.transport("HTTPS://host/x"), HttpTransport)


def test_a_url_gives_its_bytes_size_and_validator(transport, file_server):
    file_server.files["/x"] = BYTES
    response = transport.open(TransportRequest(file_server.url("/x")))
    assert (response.start, response.size) == (0, len(BYTES))
    assert response.validator is not None
    assert read(response) == BYTES


def test_a_transfer_begins_where_it_is_asked_to(transport, file_server):
    file_server.files["/x"] = BYTES
    first = transport.open(TransportRequest(file_server.url("/x")))
    first.close()
    response = transport.open(TransportRequest(file_server.url("/x"), 1000, first.validator))
    assert (response.start, response.size) == (1000, len(BYTES))
    assert read(response) == BYTES[1000:]
    assert file_server.requests[-1].headers["if-range"] == first.validator


def test_a_transfer_begins_anew_when_the_content_changed(transport, file_server):
    file_server.files["/x"] = BYTES
    response = transport.open(TransportRequest(file_server.url("/x"), 1000, '"another"'))
    assert response.start == 0
    assert read(response) == BYTES


def test_a_transfer_begins_anew_when_the_server_has_nothing_behind_its_start(
    transport, file_server
):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Status(416)]
    response = transport.open(TransportRequest(file_server.url("/x"), 1000, '"v1"'))
    assert response.start == 0
    assert read(response) == BYTES


class Silent(Fault):
    """Half of the body comes, and nothing more until a test ends."""

    def __init__(self):
        self.over = threading.Event()

    def send(self, answer):
        answer.write(answer.body[:1000])
        self.over.wait(30)


@pytest.mark.parametrize("other", [Fault, WithoutLength])
def test_a_read_that_waits_is_ended_by_another_thread(transport, file_server, other):
    silent = Silent()
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Together(other(), silent)]
    with transport.open(TransportRequest(file_server.url("/x"))) as response:
        received = b""
        while len(received) < 1000:
            received += response.read(10_000)
        reader = threading.Thread(target=read_or_fail, args=(response,))
        reader.start()
        threading.Timer(0.2, response.abort).start()
        reader.join(20)
        waits = reader.is_alive()
    silent.over.set()
    assert received == BYTES[:1000]
    assert not waits


class Late(Fault):
    """The answer doesn't begin until a test ends."""

    def __init__(self):
        self.asked, self.over = threading.Event(), threading.Event()

    def change(self, answer):
        self.asked.set()
        self.over.wait(30)


@pytest.fixture(params=["plain", "encrypted"])
def any_server(request, file_server, tmp_path, monkeypatch):
    if request.param == "plain":
        yield file_server
        return
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with FileServer(tls) as server:
        yield server


def test_an_answer_that_is_waited_for_is_given_up_by_another_thread(transport, any_server):
    late = Late()
    any_server.files["/x"] = BYTES
    any_server.faults["/x"] = [late]
    url, errors = any_server.url("/x"), []

    def open_it():
        with pytest.raises(TransportError) as caught:
            transport.open(TransportRequest(url))
        errors.append(caught.value)

    waiting = threading.Thread(target=open_it)
    waiting.start()
    assert late.asked.wait(10)
    transport.abort(waiting.ident)
    waiting.join(10)
    waits = waiting.is_alive()
    late.over.set()
    waiting.join()
    assert not waits
    assert errors[0].retry
    assert read(transport.open(TransportRequest(url))) == BYTES


def test_what_has_begun_to_come_is_not_given_up_with_the_wait_for_it(transport, file_server):
    file_server.files["/x"] = BYTES
    with transport.open(TransportRequest(file_server.url("/x"))) as response:
        transport.abort(threading.get_ident())
        assert read(response) == BYTES


def read_or_fail(response):
    with suppress(TransportError):
        response.read(10_000)


def test_what_was_read_to_its_end_is_aborted_without_an_error(transport, file_server):
    file_server.files["/x"] = BYTES
    response = transport.open(TransportRequest(file_server.url("/x")))
    assert read(response) == BYTES
    response.abort()


def test_a_transfer_begins_anew_when_nothing_is_left(transport, file_server):
    file_server.files["/x"] = BYTES
    url = file_server.url("/x")
    response = transport.open(TransportRequest(url, len(BYTES) + 5))
    assert response.start == 0
    assert read(response) == BYTES


def test_a_part_is_asked_for_from_its_first_byte_to_its_last(transport, file_server):
    file_server.files["/x"] = BYTES
    response = transport.open(TransportRequest(file_server.url("/x"), 10, None, 20))
    assert (response.start, response.size) == (10, len(BYTES))
    assert read(response) == BYTES[10:20]
    assert file_server.requests[-1].headers["range"] == "bytes=10-19"


@dataclass(frozen=True)
class Says(Fault):
    """A field has another value than it should; none if it is None."""

    name: str
    value: str | None

    def change(self, answer):
        answer.headers.pop(self.name, None)
        if self.value is not None:
            answer.headers[self.name] = self.value


@pytest.mark.parametrize(
    "content_range",
    [
        None,
        "",
        "bytes 10-25599",
        "bytes 10-25599/*",
        "bytes */25600",
        "bytes=10-25599/25600",
        "pages 10-25599/25600",
        "bytes 11-25599/25600",
    ],
)
def test_a_part_that_does_not_tell_where_it_belongs_is_not_used(
    transport, file_server, content_range
):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Says("Content-Range", content_range)]
    response = transport.open(TransportRequest(file_server.url("/x"), 10))
    assert (response.start, response.size) == (0, len(BYTES))
    assert read(response) == BYTES


@dataclass(frozen=True)
class CalledWhole(Fault):
    """A part comes with the status of the whole."""

    code: int

    def change(self, answer):
        answer.status = self.code


@pytest.mark.parametrize("code", [200, 203])
def test_a_part_that_is_called_the_whole_is_not_used(transport, file_server, code):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [CalledWhole(code)]
    response = transport.open(TransportRequest(file_server.url("/x"), 10))
    assert (response.start, response.size) == (0, len(BYTES))
    assert read(response) == BYTES
    assert "range" not in file_server.requests[-1].headers


@pytest.mark.parametrize("validator", ['"another"', 'W/"another"', None])
def test_a_part_of_what_may_be_another_content_is_not_used(transport, file_server, validator):
    file_server.files["/x"] = BYTES
    url = file_server.url("/x")
    with transport.open(TransportRequest(url)) as first:
        pass
    file_server.faults["/x"] = [Says("ETag", validator)]
    response = transport.open(TransportRequest(url, 10, first.validator))
    assert response.start == 0
    assert read(response) == BYTES


def test_a_part_that_does_not_say_again_when_the_content_was_changed_is_used(
    transport, file_server
):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Together(Modified(date), Says("Last-Modified", None))]
    response = transport.open(TransportRequest(file_server.url("/x"), 10, date))
    assert (response.start, response.validator) == (10, date)
    assert read(response) == BYTES[10:]


def test_an_encoded_part_is_not_used(transport, file_server):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Says("Content-Encoding", "gzip")]
    response = transport.open(TransportRequest(file_server.url("/x"), 10))
    assert (response.start, read(response)) == (0, BYTES)


@pytest.mark.parametrize(
    ("start", "told", "ranges"),
    [(0, "bytes", True), (0, "Bytes", True), (0, "none", False), (0, None, False), (9, None, True)],
)
def test_a_server_gives_ranges_if_it_says_so_or_does(transport, file_server, start, told, ranges):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Says("Accept-Ranges", told)]
    with transport.open(TransportRequest(file_server.url("/x"), start)) as response:
        assert response.ranges is ranges


@pytest.mark.parametrize(
    ("told", "media_type"),
    [("text/html; charset=utf-8", "text/html"), ("text/csv", "text/csv"), ("", None), (None, None)],
)
def test_the_media_type_comes_without_its_parameters(transport, file_server, told, media_type):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Says("Content-Type", told)]
    with transport.open(TransportRequest(file_server.url("/x"))) as response:
        assert response.media_type == media_type


def test_a_content_of_unknown_length_has_no_size(transport, file_server):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [WithoutLength()]
    response = transport.open(TransportRequest(file_server.url("/x")))
    assert response.size is None
    assert read(response) == BYTES


def test_a_missing_file_is_not_asked_for_again(transport, file_server):
    with pytest.raises(TransportError, match="expected status 200, found status 404") as caught:
        transport.open(TransportRequest(file_server.url("/nowhere")))
    assert not caught.value.retry


def test_a_server_that_is_not_there_may_come_back(transport):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(TransportError, match="can't be reached: ConnectionRefusedError") as caught:
        transport.open(TransportRequest(f"http://127.0.0.1:{port}/x"))
    assert caught.value.retry


def test_no_encoding_is_asked_for(transport, file_server):
    file_server.files["/x"] = b"x"
    read(transport.open(TransportRequest(file_server.url("/x"))))
    headers = file_server.requests[-1].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("datamaestro/")


def test_connections_are_used_again(transport, file_server):
    file_server.files["/x"] = BYTES
    for _ in range(3):
        assert read(transport.open(TransportRequest(file_server.url("/x")))) == BYTES
    (manager,) = transport._client._pools._managers.values()
    (pool,) = [manager.pools[key] for key in manager.pools.keys()]  # noqa: SIM118
    assert pool.num_connections == 1


class Held(Fault):
    """The content comes when it's let go."""

    def __init__(self):
        self.go = threading.Event()

    def send(self, answer):
        self.go.wait(10)
        super().send(answer)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forked processes")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking beside threads
def test_a_forked_process_has_connections_of_its_own(context, file_server):
    file_server.files["/x"], file_server.files["/small"] = BYTES, b"other bytes"
    file_server.faults["/x"] = [held := Held()]

    def fetch(name, told=lambda: None):
        response = context.transport("http:").open(TransportRequest(file_server.url(name)))
        told()
        return read(response)

    fetch("/small")
    begun = os.pipe()
    if (child := os.fork()) == 0:
        signal.alarm(10)  # bytes that another process has read never come
        os._exit(fetch("/x", told=lambda: os.write(begun[1], b"!")) != BYTES)
    os.read(begun[0], 1)
    threading.Timer(0.5, held.go.set).start()
    assert fetch("/small") == b"other bytes"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_importing_it_imports_no_client():
    program = (
        "import sys, datamaestro_transport_http; "
        "sys.exit(any(name in sys.modules for name in ('requests', 'urllib3')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- looking without fetching


def test_looking_asks_for_the_header_alone(transport, file_server):
    file_server.files["/x"] = BYTES
    url = file_server.url("/x")
    with transport.open(TransportRequest(url)) as response:
        validator = response.validator
    file_server.requests.clear()
    facts = transport.check(url)
    assert (facts.url, facts.size, facts.validator) == (url, len(BYTES), validator)
    assert [request.method for request in file_server.requests] == ["HEAD"]


def test_looking_follows_to_where_the_content_is(transport, file_server):
    file_server.files |= {"/old": b"", "/new": BYTES}
    file_server.faults["/old"] = [Redirect(file_server.url("/new"))]
    facts = transport.check(file_server.url("/old"))
    assert (facts.url, facts.size) == (file_server.url("/new"), len(BYTES))


@pytest.mark.parametrize("code", [403, 405, 501])
def test_a_server_that_refuses_the_header_alone_is_asked_for_the_content(
    transport, file_server, code
):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Status(code)]
    assert transport.check(file_server.url("/x")).size == len(BYTES)
    assert [request.method for request in file_server.requests] == ["HEAD", "GET"]


def test_a_server_that_says_that_there_is_nothing_is_asked_for_the_content(transport, file_server):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Says("Content-Length", "0")]
    assert transport.check(file_server.url("/x")).size == len(BYTES)


def test_looking_at_an_empty_file_finds_it_empty(transport, file_server):
    file_server.files["/x"] = b""
    assert transport.check(file_server.url("/x")).size == 0


def test_looking_at_nothing_is_an_error(transport, file_server):
    with pytest.raises(TransportError, match="found status 404"):
        transport.check(file_server.url("/nowhere"))


def test_looking_at_a_server_that_is_not_there_is_an_error(transport):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(TransportError, match="can't be reached") as caught:
        transport.check(f"http://127.0.0.1:{port}/x")
    assert caught.value.retry


def test_looking_tells_what_kind_of_content_comes(transport, file_server):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Page()]
    assert transport.check(file_server.url("/x")).media_type == "text/html"
