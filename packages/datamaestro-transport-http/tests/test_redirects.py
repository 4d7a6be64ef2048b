"""Where a server may lead to: the rules, and that they are kept."""

import logging
import socket
import threading
import time
from ipaddress import ip_address
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro.testing import FileServer
from datamaestro.testing.faults import Fault, Redirect, Status
from datamaestro_transport_http import HttpTransport
from datamaestro_transport_http.addresses import scopes
from datamaestro_transport_http.client import BODY_WAIT, MOST_REDIRECTS
from datamaestro_transport_http.redirects import Hop, next_hop

NAMES = {
    "public.example": ["93.184.216.34"],
    "other.example": ["8.8.8.8", "2606:4700::1111"],
    "inside.example": ["10.0.0.7"],
    "here.example": ["127.0.0.1"],
    "mixed.example": ["93.184.216.34", "10.0.0.7"],
}


def names(host):
    return [ip_address(item) for item in NAMES.get(host, [])]


def where(url):
    return scopes(urlsplit(url).hostname, names)


def follow(url, location):
    return next_hop(Hop(url), location, where).url


# --- the rules


@pytest.mark.parametrize(
    ("url", "location", "expected"),
    [
        ("http://public.example/a/b", "c", "http://public.example/a/c"),
        ("http://public.example/a/b", "/c?d#e", "http://public.example/c?d"),
        ("http://public.example/a", "//other.example/c", "http://other.example/c"),
        ("http://public.example/a", "https://other.example/c", "https://other.example/c"),
        ("http://127.0.0.1/a", "http://localhost:81/c", "http://localhost:81/c"),
        ("http://127.0.0.1/a", "http://public.example/c", "http://public.example/c"),
        ("http://inside.example/a", "http://192.168.0.1/c", "http://192.168.0.1/c"),
        ("http://169.254.0.1/a", "http://169.254.0.2/c", "http://169.254.0.2/c"),
        ("http://public.example/a", "http://me:pass@other.example/", "http://other.example/"),
        ("http://public.example/a", "http://unknown.example/", "http://unknown.example/"),
        ("http://public.example/a", "//BÜcher.example:81/", "http://xn--bcher-kva.example:81/"),
    ],
)
def test_a_redirect_is_followed(url, location, expected):
    assert follow(url, location) == expected


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://public.example/x",
        "data:,x",
        "javascript:x",
        "package:some/file",
    ],
)
def test_other_schemes_are_not_followed(location):
    with pytest.raises(TransportError, match="which isn't followed: expected http: or https:"):
        follow("http://127.0.0.1/a", location)


@pytest.mark.parametrize(
    "location",
    ["http://[::1/", "http://h:99999/", "http://127.0.0.1\\.public.example/", "http://a b/"],
)
def test_what_programs_read_differently_is_not_followed(location):
    with pytest.raises(TransportError, match="which isn't a URL"):
        follow("http://public.example/a", location)


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("http://127.0.0.1/", "this machine"),
        ("http://127.0.0.2:8080/", "this machine"),
        ("http://0x7f.1/", "this machine"),
        ("http://2130706433/", "this machine"),
        ("http://[::ffff:127.0.0.1]/", "this machine"),
        ("http://localhost/", "this machine"),
        ("http://here.example/", "this machine"),
        ("http://me@127.0.0.1/", "this machine"),
        ("http://169.254.169.254/latest/meta-data/", "this link"),
        ("http://inside.example/", "a private network"),
        ("http://mixed.example/", "a private network"),
        ("https://[fd00::1]/", "a private network"),
    ],
)
def test_from_public_nothing_leads_inside(location, place):
    with pytest.raises(TransportError, match=f"which is on {place}") as caught:
        follow("http://public.example/a", location)
    assert caught.value.where == "http://public.example/a"
    assert not caught.value.retry


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("http://inside.example/a", "http://127.0.0.1/"),
        ("http://127.0.0.1/a", "http://inside.example/"),
        ("http://inside.example/a", "http://169.254.169.254/"),
        ("http://mixed.example/a", "http://10.0.0.1/"),
        ("http://unknown.example/a", "http://10.0.0.1/"),
    ],
)
def test_one_kind_of_inside_leads_to_no_other(url, location):
    with pytest.raises(TransportError, match="which is on"):
        follow(url, location)


def test_what_came_from_inside_and_went_outside_stays_there():
    hop = next_hop(Hop("http://127.0.0.1/a"), "http://public.example/b", where)
    with pytest.raises(TransportError, match="which is on this machine"):
        next_hop(hop, "http://127.0.0.1/c", where)


def test_encryption_is_not_given_up():
    with pytest.raises(TransportError, match="which gives up encryption: expected https:") as error:
        follow("https://public.example/a", "http://public.example/a")
    assert "as a mirror" in str(error.value)


def test_a_refusal_names_both_urls_and_no_secret():
    with pytest.raises(TransportError) as caught:
        follow("http://public.example/a?token=5ecr3t", "http://127.0.0.1/b?sig=5ecr3t")
    assert str(caught.value) == (
        "http://public.example/a?token=***: the server redirects to "
        "http://127.0.0.1/b?sig=***, which is on this machine"
    )


# --- that they are kept


class Resolving(HttpTransport):
    """Takes every name for one in public."""

    @staticmethod
    def resolve(host):
        return [ip_address("93.184.216.34")]


@pytest.fixture
def names_lead_here(monkeypatch):
    """Let connections to names in ``.example`` end on this machine: it has no such names."""
    original = socket.getaddrinfo

    def here(host, *arguments, **options):
        known = isinstance(host, str) and host.endswith(".example")
        return original("127.0.0.1" if known else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)


@pytest.fixture
def resolving(context, names_lead_here):
    transport = Resolving(context)
    yield transport
    transport.close()


def test_a_redirect_is_judged_before_it_is_asked_for(resolving, file_server):
    public = file_server.url("/x", host="anything.example")
    with FileServer() as inside:
        inside.files["/secret"] = file_server.files["/x"] = b"x"
        file_server.faults["/x"] = [Redirect(inside.url("/secret"))]
        with pytest.raises(TransportError, match="which is on this machine"):
            resolving.open(TransportRequest(public))
        assert inside.requests == []


def test_a_name_that_changes_its_address_after_it_was_judged_leads_nowhere(resolving, file_server):
    url = file_server.url("/x", host="anything.example")
    file_server.files["/x"] = b"x"
    file_server.faults["/x"] = [Redirect(file_server.url("/y", host="anything.example"))]
    with pytest.raises(TransportError, match="turned out to be elsewhere") as caught:
        resolving.open(TransportRequest(url))
    assert caught.value.found == "this machine"
    assert [request.path for request in file_server.requests] == ["/x"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(fetch, file_server, code):
    file_server.files.update({"/x": b"", "/y": b"content"})
    file_server.faults["/x"] = [Redirect(file_server.url("/y", host="localhost"), code)]
    assert fetch(file_server.url("/x")) == b"content"


def test_a_range_is_asked_for_at_each_hop(transport, file_server):
    file_server.files.update({"/x": b"", "/y": b"0123456789"})
    file_server.faults["/x"] = [Redirect(file_server.url("/y"))]
    with transport.open(TransportRequest(file_server.url("/x"), 4)) as response:
        assert (response.start, response.read(100)) == (4, b"456789")


def test_a_redirect_within_a_host_takes_one_connection_of_each_kind(transport, fetch, file_server):
    file_server.files.update({"/x": b"", "/y": b"content"})
    for _ in range(3):
        file_server.faults["/x"] = [Redirect("/y")]
        assert fetch(file_server.url("/x")) == b"content"
    for manager in transport._client._pools._managers.values():
        pools = manager.pools
        assert [pools[key].num_connections for key in pools.keys()] == [1]  # noqa: SIM118


@pytest.mark.parametrize("beginning", [b"", b"<"])
def test_the_body_of_a_redirect_is_not_waited_for(fetch, file_server, beginning):
    followed, ended = threading.Event(), SimpleQueue()

    class Endless(Redirect):
        def change(self, answer):
            super().change(answer)
            answer.headers["Content-Length"] = "60000"

        def send(self, answer):
            answer.write(beginning)
            ended.put(followed.wait(10))

    file_server.files.update({"/x": b"", "/y": b"content"})
    file_server.faults["/x"] = [Endless("/y")]
    assert fetch(file_server.url("/x")) == b"content"
    followed.set()
    assert ended.get(timeout=30)


def test_what_a_redirect_leads_to_is_waited_for_on_the_same_connection(fetch, file_server):
    class Late(Fault):
        def send(self, answer):
            time.sleep(2 * BODY_WAIT)
            super().send(answer)

    file_server.files.update({"/x": b"", "/y": b"content"})
    file_server.faults.update({"/x": [Redirect("/y")], "/y": [Late()]})
    assert fetch(file_server.url("/x")) == b"content"


def test_a_redirect_to_itself_is_a_circle(fetch, file_server):
    url = file_server.url("/x")
    file_server.files["/x"] = b""
    file_server.faults["/x"] = [Redirect(url)] * 99
    with pytest.raises(TransportError, match="go round in a circle: expected at most 20") as caught:
        fetch(url)
    assert not caught.value.retry
    assert len(file_server.requests) == MOST_REDIRECTS + 1


def test_redirects_without_end_are_given_up(fetch, file_server):
    for number in range(99):
        file_server.files[f"/{number}"] = b""
        file_server.faults[f"/{number}"] = [Redirect(f"/{number + 1}")]
    with pytest.raises(TransportError, match=r"redirects don't end: .*found one more, to http"):
        fetch(file_server.url("/0"))


def test_as_many_redirects_as_are_allowed_are_followed(fetch, file_server):
    for number in range(MOST_REDIRECTS):
        file_server.files[f"/{number}"] = b""
        file_server.faults[f"/{number}"] = [Redirect(f"/{number + 1}")]
    file_server.files[f"/{MOST_REDIRECTS}"] = b"content"
    assert fetch(file_server.url("/0")) == b"content"


def test_a_redirect_without_a_target_is_no_file(fetch, file_server):
    file_server.files["/x"] = b""
    file_server.faults["/x"] = [Status(302)]
    with pytest.raises(TransportError, match="found status 302"):
        fetch(file_server.url("/x"))


def test_a_redirect_of_a_user_is_not_logged_with_its_secrets(fetch, file_server, caplog):
    caplog.set_level(logging.DEBUG)
    file_server.files.update({"/x": b"", "/y": b"content"})
    file_server.faults["/x"] = [Redirect(file_server.url("/y?X-Amz-Signature=5ecr3t"))]
    fetch(file_server.url("/x?token=5ecr3t"))
    assert "X-Amz-Signature=***" in caplog.text
    assert "5ecr3t" not in caplog.text
