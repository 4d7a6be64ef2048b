"""Cookies: a host that has users log in at another one knows them by one then."""

from dataclasses import dataclass

import pytest

from datamaestro.testing.faults import Redirect


@dataclass(frozen=True)
class GiveCookie(Redirect):
    """The content is elsewhere, for those who show a cookie there."""

    cookie: str = "session=5ecr3t; Path=/"

    def change(self, answer):
        super().change(answer)
        answer.headers["Set-Cookie"] = self.cookie


@pytest.fixture
def shown(fetch, file_server):
    """Give a function that tells which cookies come with what a cookie is given along with."""
    file_server.files.update({"/login": b"", "/x": b"content", "/folder/x": b"content"})

    def shown(cookie, where="/x"):
        file_server.faults["/login"] = [GiveCookie(where, cookie=cookie)]
        assert fetch(file_server.url("/login")) == b"content"
        return file_server.requests[-1].headers.get("cookie")

    return shown


def test_a_cookie_is_shown_to_the_host_that_gave_it(shown):
    assert shown("session=5ecr3t; Path=/") == "session=5ecr3t"


def test_a_cookie_stays_for_what_is_asked_later(shown, fetch, file_server):
    shown("session=5ecr3t; Path=/")
    fetch(file_server.url("/x"))
    assert file_server.requests[-1].headers["cookie"] == "session=5ecr3t"


def test_several_cookies_are_shown_together(shown, file_server):
    shown("a=1; Path=/")
    assert sorted(shown("b=2; Path=/").split("; ")) == ["a=1", "b=2"]


def test_a_cookie_is_not_shown_to_another_host(shown, file_server):
    assert shown("session=5ecr3t; Path=/", file_server.url("/x", host="localhost")) is None


@pytest.mark.parametrize(
    "cookie",
    [
        "session=5ecr3t; Path=/folder",
        "session=5ecr3t; Path=/; Secure",
        "session=5ecr3t; Path=/; Max-Age=0",
        "session=5ecr3t; Path=/; Domain=another.example",
    ],
    ids=["of another folder", "for tls", "over", "for another host"],
)
def test_a_cookie_that_is_not_for_a_request_is_not_shown(shown, cookie):
    assert shown(cookie) is None


def test_a_cookie_of_a_folder_is_shown_there(shown):
    assert shown("session=5ecr3t; Path=/folder", "/folder/x") == "session=5ecr3t"
