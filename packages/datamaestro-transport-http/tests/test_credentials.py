"""Whose credentials go where."""

import base64
import json
import os
import sys

import pytest

from datamaestro.errors import SettingsError, TransportError
from datamaestro.settings import Settings, UserSettings, user_settings_path
from datamaestro.testing import FileServer
from datamaestro.testing.faults import Redirect, Status
from datamaestro_transport_http.credentials import Credentials


def basic(text):
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.fixture
def netrc(home):
    """Give a function that writes a netrc file."""
    return lambda text: (home / ".netrc").write_text(text, encoding="utf-8")


@pytest.fixture
def sent(file_server):
    """Give a function that tells which Authorization field came with each request."""
    file_server.files.update({"/x": b"x", "/y": b"y"})
    return lambda server=file_server: [
        item.headers.get("authorization") for item in server.requests
    ]


# --- whose they are


def test_a_key_is_for_its_own_host():
    credentials = Credentials({"https://host/": "Bearer t"})
    assert credentials.asked("https://host/x") == "Bearer t"
    assert credentials.asked("https://HOST:443/x") == "Bearer t"
    for other in (
        "http://host/x",
        "https://host:444/x",
        "https://host.evil/x",
        "https://evil/host/x",
        "https://host@evil/",
    ):
        assert credentials.redirected(other) is None


def test_the_key_with_the_longest_path_wins():
    credentials = Credentials({"https://host": "Bearer a", "https://host/a/b": "Bearer b"})
    assert credentials.asked("https://host/a/b/c") == "Bearer b"
    assert credentials.asked("https://host/a/bc") == "Bearer a"


@pytest.mark.parametrize(
    "path",
    [
        "/mine/../theirs",
        "/mine/..",
        "/mine/%2e%2E/theirs",
        "/mine/.%2e/theirs",
        "/mine/..%2ftheirs",
        "/mine/..\\theirs",
        "/mine/..;/theirs",
    ],
)
def test_the_key_of_a_folder_is_for_nothing_that_dots_lead_to(path):
    credentials = Credentials({"https://host/mine/": "Bearer m", "https://other/": "Bearer o"})
    assert credentials.asked("https://host/mine/x") == "Bearer m"
    assert credentials.asked("https://host/mine/..x/x..") == "Bearer m"
    assert credentials.asked(f"https://host{path}") is None
    assert credentials.redirected(f"https://host{path}") is None
    assert credentials.redirected(f"https://other{path}") == "Bearer o"


def test_names_of_keys_that_are_no_urls_are_others():
    others = {"service": "secret\n", "ftp://host": "\n", "https:": "\n", "http:service": "\n"}
    assert Credentials(others).asked("https://service") is None


@pytest.mark.parametrize("value", ["", "5ecr3t\n", "5ecr3t\r\nX: y", " 5ecr3t", "5ecr3tö"])
def test_a_key_that_can_not_be_sent_is_an_error_that_does_not_show_it(value):
    with pytest.raises(SettingsError, match=r"the key for https://host/ can't be sent") as caught:
        Credentials({"https://host/": value})
    assert "5ecr3t" not in str(caught.value)


def test_a_name_of_a_key_that_is_a_wrong_url_is_an_error():
    with pytest.raises(SettingsError, match="the name of a key isn't a URL"):
        Credentials({"https://host:port/": "Bearer t"})


def test_the_url_wins_then_keys_then_netrc(netrc):
    netrc("machine Host login me password pass\n")
    credentials = Credentials({"https://host/a": "Bearer t"})
    assert credentials.asked("https://you:w%40rd@host/a") == basic("you:w@rd")
    assert credentials.asked("https://host/a") == "Bearer t"
    assert credentials.asked("https://Host:8443/b") == basic("me:pass")


def test_a_password_of_netrc_is_not_drawn_to_another_service_of_its_host(netrc):
    netrc("machine host login me password pass\n")
    credentials = Credentials({})
    assert credentials.redirected("https://host/a") == basic("me:pass")
    assert credentials.redirected("http://host/a") is None
    assert credentials.redirected("https://host:8443/a") is None


def test_a_user_of_a_url_has_the_password_that_netrc_has_for_them(netrc):
    netrc("machine host login me password pass\n")
    credentials = Credentials({"https://host/": "Bearer t"})
    assert credentials.asked("https://me@host/") == basic("me:pass")
    assert credentials.asked("https://me:@host/") == basic("me:")
    assert credentials.asked("https://you@host/") == basic("you:")
    assert credentials.asked("https://me@other/") == basic("me:")


SPELLINGS = ["bücher.example", "BÜcher.example.", "xn--bcher-kva.example"]


@pytest.mark.parametrize("ours", SPELLINGS)
@pytest.mark.parametrize("theirs", SPELLINGS)
def test_a_host_is_the_same_in_every_spelling(netrc, ours, theirs):
    key = Credentials({f"https://{ours}/": "Bearer t"})
    assert key.asked(f"https://{theirs}/x") == key.redirected(f"https://{theirs}/x") == "Bearer t"
    netrc(f"machine {ours.rstrip('.')} login me password pass\n")
    assert Credentials({}).asked(f"https://{theirs}/x") == basic("me:pass")


def test_a_host_that_can_not_be_is_nobodys(netrc):
    netrc("machine ℀.example login me password pass\nmachine host login you password word\n")
    assert Credentials({}).asked("https://host/") == basic("you:word")


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_password_goes_to_a_host_in_letters_of_its_own(
    fetch, file_server, sent, monkeypatch, host
):
    monkeypatch.setenv("http_proxy", file_server.url())
    fetch(f"http://me:pass@{host}/x")
    assert sent() == [basic("me:pass")]


def test_the_default_of_netrc_is_for_no_host(netrc):
    netrc("machine other login a password b\ndefault login me password pass\n")
    assert Credentials({}).asked("https://host/") is None


def test_the_environment_names_another_netrc(home, monkeypatch, netrc):
    netrc("machine host login me password pass\n")
    (home / "mine").write_text("machine host login you password word\n")
    monkeypatch.setenv("NETRC", str(home / "mine"))
    assert Credentials({}).asked("https://host/") == basic("you:word")


@pytest.mark.parametrize("content", [b"machine host 5ecr3t", b"machine host password \xff5ecr3t"])
def test_a_damaged_netrc_is_passed_over_and_not_quoted(home, caplog, content):
    (home / ".netrc").write_bytes(content)
    assert Credentials({}).asked("https://host/") is None
    assert str(home / ".netrc") in caplog.text
    assert "5ecr3t" not in caplog.text


def test_a_netrc_that_can_not_be_read_is_passed_over(home, caplog):
    (home / ".netrc").mkdir()
    assert Credentials({}).asked("https://host/x") is None
    assert ".netrc can't be read: " in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")
def test_a_netrc_of_somebody_else_is_passed_over(home, caplog):
    if os.geteuid() == 0:
        pytest.skip("may look everywhere")
    home.chmod(0)
    try:
        assert Credentials({}).asked("https://host/x") is None
    finally:
        home.chmod(0o700)
    assert ".netrc can't be read: PermissionError" in caplog.text


@pytest.mark.parametrize("name", ["x" * 300, "~nobody-here/netrc", "file/netrc"])
def test_a_netrc_that_can_not_be_there_is_passed_over(home, monkeypatch, name):
    (home / "file").touch()
    monkeypatch.chdir(home)
    monkeypatch.setenv("NETRC", name)
    assert Credentials({}).asked("https://host/x") is None


# --- that they go there


def test_a_user_in_a_url_is_sent_to_its_host_and_shown_nowhere(fetch, file_server, sent):
    assert fetch(file_server.url("/x", host="me:pa%2Fss@127.0.0.1")) == b"x"
    assert sent() == [basic("me:pa/ss")]


def test_a_key_of_the_settings_is_sent(context, fetch, file_server, sent):
    Settings(context.path / "settings.json", keys={file_server.url("/"): "Bearer t"}).save()
    fetch(file_server.url("/x"))
    assert sent() == ["Bearer t"]


@pytest.mark.parametrize(("ours", "mine"), [("", "/"), ("/", ""), ("/", "/")])
def test_a_key_of_ones_own_wins(context, fetch, file_server, sent, ours, mine):
    Settings(context.path / "settings.json", keys={file_server.url(ours): "Bearer ours"}).save()
    UserSettings(user_settings_path(), keys={file_server.url(mine): "Bearer mine"}).save()
    fetch(file_server.url("/x"))
    assert sent() == ["Bearer mine"]


def test_a_password_of_netrc_is_sent(fetch, file_server, sent, netrc):
    netrc("machine 127.0.0.1 login me password pass\n")
    fetch(file_server.url("/x"))
    assert sent() == [basic("me:pass")]


def test_a_key_that_is_set_after_a_request_is_sent_with_the_next(context, fetch, file_server, sent):
    fetch(file_server.url("/x"))
    UserSettings(user_settings_path(), keys={file_server.url("/"): "Bearer t"}).save()
    fetch(file_server.url("/x"))
    assert sent() == [None, "Bearer t"]


@pytest.mark.parametrize("before", ["", "machine 127.0.0.1 login me password wrong\n"])
def test_a_password_of_netrc_that_is_set_after_a_request_is_sent_with_the_next(
    fetch, file_server, sent, netrc, before
):
    netrc(before)
    fetch(file_server.url("/x"))
    netrc("machine 127.0.0.1 login me password right\n")
    fetch(file_server.url("/x"))
    assert sent()[1] == basic("me:right")


@pytest.mark.parametrize("where", ["url", "keys", "netrc"])
def test_nothing_goes_along_with_a_redirect_to_another(
    context, fetch, file_server, sent, netrc, where
):
    user = "me:pass@127.0.0.1" if where == "url" else "127.0.0.1"
    if where == "keys":
        Settings(context.path / "settings.json", keys={file_server.url("/"): "Bearer t"}).save()
    if where == "netrc":
        netrc("machine 127.0.0.1 login me password pass\n")
    with FileServer() as other:
        other.files["/y"] = b"another's"
        for target in (other.url("/y"), file_server.url("/y", host="localhost")):
            file_server.faults["/x"] = [Redirect(target)]
            fetch(file_server.url("/x", host=user))
        assert sent(other) == [None]
    first, second, third = sent()
    assert first == second is not None
    assert third is None


def test_a_redirect_within_a_host_keeps_them(fetch, file_server, sent):
    file_server.faults["/x"] = [Redirect("/y")]
    fetch(file_server.url("/x", host="me:pass@127.0.0.1"))
    assert sent() == [basic("me:pass")] * 2


def test_a_server_can_not_say_who_the_user_is(fetch, file_server, sent):
    file_server.faults["/x"] = [Redirect(file_server.url("/y", host="you:word@localhost"))]
    fetch(file_server.url("/x"))
    assert sent() == [None, None]


def test_another_host_gets_its_own_key(context, fetch, file_server, sent):
    with FileServer() as login:
        keys = {login.url(): "Bearer its-own"}
        Settings(context.path / "settings.json", keys=keys).save()
        login.files["/in"] = b""
        login.faults["/in"] = [Redirect(file_server.url("/y"))]
        file_server.faults["/x"] = [Redirect(login.url("/in"))]
        assert fetch(file_server.url("/x")) == b"y"
        assert sent(login) == ["Bearer its-own"]
    assert sent() == [None, None]


def test_who_has_to_log_in_is_told_where_that_goes(fetch, file_server):
    file_server.files["/x"] = b""
    file_server.faults["/x"] = [Status(401)]
    with pytest.raises(TransportError, match=r"found status 401 Unauthorized; .*netrc.*user\.json"):
        fetch(file_server.url("/x"))


def test_settings_with_keys_are_read_as_they_are_written(context, file_server):
    path = context.path / "settings.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"keys": {"https://host/": "Bearer t", "service": "secret"}}))
    assert Credentials(context.settings.keys).asked("https://host/") == "Bearer t"
    assert "Bearer t" not in repr(context.settings)
