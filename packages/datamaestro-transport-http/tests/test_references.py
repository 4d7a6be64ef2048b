"""URLs as they are asked for, letter by letter."""

from urllib.parse import urljoin

import pytest

from datamaestro.testing.faults import Fault
from datamaestro_transport_http.references import joined, without_user


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("http://host/x//y/a", "b", "http://host/x//y/b"),
        ("http://host/x//y/a", "c/../b", "http://host/x//y/b"),
        ("http://host/x", "//other//b", "http://other//b"),
        ("http://host/x", "/b?", "http://host/b?"),
        ("http://host/x?a", "?", "http://host/x?"),
        ("http://host/x?a", "#b", "http://host/x?a"),
        ("http://host", "b", "http://host/b"),
        ("http://host/x", " /b ", "http://host/b"),
    ],
)
def test_nothing_of_a_reference_is_dropped(base, reference, expected):
    assert joined(base, reference) == expected


@pytest.mark.parametrize(
    "base", ["http://host", "http://host/", "http://host/a", "http://host/a/b?c"]
)
@pytest.mark.parametrize(
    "reference",
    [
        "",
        ".",
        "..",
        "./",
        "../",
        "../../x",
        "x/./y",
        "x/..",
        "/..",
        "/x/../y",
        "?x",
        "x?y=/../z",
        "//o/x",
    ],
)
def test_else_a_reference_leads_where_the_standard_library_says(base, reference):
    assert joined(base, reference) == urljoin(base, reference)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:pass@host/a?b#c", "https://host/a?b"),
        ("http://host/a?", "http://host/a?"),
        ("http://host/a%20100%.csv", "http://host/a%20100%25.csv"),
        ("http://host/a?b=%zz&c=%2F%", "http://host/a?b=%25zz&c=%2F%25"),
        ("data:,x", "data:,x"),
    ],
)
def test_what_is_asked_for_has_neither_user_nor_stray_percent(url, expected):
    assert without_user(url) == expected


def test_a_url_with_a_stray_percent_is_encoded_once(fetch, file_server):
    file_server.files["/a 100%.csv"] = b"content"
    assert fetch(file_server.url("/a%20100%.csv")) == b"content"


class Leads(Fault):
    """A redirect, its Location in these bytes."""

    def __init__(self, location):
        self.location = location

    def change(self, answer):
        answer.give_instead(302, b"", Location=self.location.decode("latin-1"))


@pytest.mark.parametrize(
    ("location", "asked"), [(b"/y?\xc3\xa9", "%C3%A9"), (b"/y?\xe9", "%E9"), (b"/y?%E9", "%E9")]
)
def test_a_redirect_leads_to_the_bytes_that_it_names(fetch, file_server, location, asked):
    file_server.files |= {"/x": b"", "/y": b"content"}
    file_server.faults["/x"] = [Leads(location)]
    assert fetch(file_server.url("/x")) == b"content"
    assert file_server.requests[-1].query == asked
