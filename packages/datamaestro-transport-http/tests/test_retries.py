"""What is tried again, and what isn't."""

import socket

import pytest

from datamaestro.download import Source, TransportRequest
from datamaestro.errors import TransportError, VerificationError
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.testing.faults import Chunked, Corrupt, ShortBody, Stall, Status
from datamaestro.transfer.transfer import LONGEST_WAIT, _wait


def opened(transport, server, *faults):
    server.files["/x"] = b"content"
    server.faults["/x"] = list(faults)
    return transport.open(TransportRequest(server.url("/x")))


@pytest.mark.parametrize("code", [408, 425, 429, 500, 501, 502, 503, 504, 507, 520, 599])
def test_what_may_pass_is_tried_again(transport, file_server, code):
    with pytest.raises(TransportError, match=f"found status {code}") as caught:
        opened(transport, file_server, Status(code))
    assert (caught.value.retry, caught.value.unreachable) == (True, False)


@pytest.mark.parametrize(("code", "overloaded"), [(429, True), (503, True), (500, False)])
def test_what_says_that_it_is_asked_too_much_is_asked_less(
    transport, file_server, code, overloaded
):
    with pytest.raises(TransportError) as caught:
        opened(transport, file_server, Status(code))
    assert caught.value.overloaded is overloaded


def test_a_file_that_is_being_made_is_asked_for_again(transport, file_server):
    with pytest.raises(TransportError, match="found status 202") as caught:
        opened(transport, file_server, Status(202, "3"))
    assert (caught.value.retry, caught.value.retry_after) == (True, 3.0)


def test_an_answer_that_promises_nothing_is_not_waited_for(transport, file_server):
    with pytest.raises(TransportError, match="found status 202") as caught:
        opened(transport, file_server, Status(202))
    assert not caught.value.retry


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 405, 406, 410, 416, 418, 422, 451])
def test_a_refusal_is_not_tried_again(transport, file_server, code):
    with pytest.raises(TransportError, match=f"found status {code}") as caught:
        opened(transport, file_server, Status(code))
    assert not caught.value.retry


@pytest.mark.parametrize("code", [204, 206, 300, 304])
def test_an_answer_without_the_content_is_no_file(transport, file_server, code):
    with pytest.raises(TransportError, match=f"found status {code}") as caught:
        opened(transport, file_server, Status(code))
    assert not caught.value.retry


@pytest.mark.parametrize("code", [429, 503])
def test_a_server_may_say_how_long_to_wait(transport, file_server, code):
    with pytest.raises(TransportError) as caught:
        opened(transport, file_server, Status(code, "17"))
    assert caught.value.retry_after == 17.0


def test_no_server_can_have_us_wait_for_long():
    assert _wait(1, 3600.0) == LONGEST_WAIT
    assert _wait(99, None) == LONGEST_WAIT


def test_the_wait_is_as_long_as_is_asked_for():
    assert _wait(1, 17.0) == 17.0


def test_the_wait_doubles_and_varies():
    waits = [[_wait(failures, None) for _ in range(200)] for failures in (1, 2, 3)]
    for failures, found in enumerate(waits):
        assert 0.25 * 2**failures <= min(found) < max(found) <= 0.75 * 2**failures


def test_who_never_answers_is_tried_again(transport, monkeypatch):
    monkeypatch.setattr(type(transport), "read_timeout", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TransportError, match=r"can't be reached: .*[Tt]ime") as caught:
            transport.open(TransportRequest(f"http://127.0.0.1:{port}/x"))
    assert (caught.value.retry, caught.value.unreachable) == (True, True)


def test_a_transfer_that_stalls_is_tried_again(transport, file_server, monkeypatch):
    monkeypatch.setattr(type(transport), "read_timeout", 0.05)
    with opened(transport, file_server, Stall(3, seconds=1)) as response:
        assert response.read(100) == b"con"
        with pytest.raises(TransportError, match="the transfer broke off") as caught:
            response.read(100)
    assert caught.value.retry


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ShortBody(4), "the connection was closed 4 bytes before the end"),
        (Chunked(count=3), "the connection was closed before the end"),
    ],
    ids=["with a length", "in chunks"],
)
def test_a_transfer_that_ends_early_says_so_in_words(transport, file_server, fault, told):
    response = opened(transport, file_server, fault)
    with response, pytest.raises(TransportError) as caught:
        list(iter(lambda: response.read(100), b""))
    assert caught.value.message == f"the transfer broke off: {told}"
    assert caught.value.retry


def test_an_unknown_host_is_tried_again(transport, monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # Asking for a name that doesn't exist would ask a name server.
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TransportError, match="can't be reached: gaierror") as caught:
        transport.open(TransportRequest("http://nowhere.example/x"))
    assert (caught.value.retry, caught.value.unreachable) == (True, True)


def test_wrong_bytes_of_the_only_source_are_not_asked_for_again(context, file_server):
    file_server.files["/x"] = b"content"
    file_server.faults["/x"] = [Corrupt(0)]
    source = Source((file_server.url("/x"),), md5="9a0364b9e99bb480dd25e1f0284c8555")
    with pytest.raises(VerificationError, match="wrong md5"):
        CacheFetcher(context, context.path / "work").fetch(source)
    assert len(file_server.requests) == 1
