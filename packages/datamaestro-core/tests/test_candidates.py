"""Which URLs a source has besides its own, and what their hosts are told."""

import pytest

from datamaestro.context import Context
from datamaestro.download import Source
from datamaestro.errors import SettingsError
from datamaestro.settings import Settings, UserSettings
from datamaestro.transfer.candidates import archived, candidate_urls, urls_to_ask

MD5 = "0" * 32


def test_a_mirror_is_told_no_secret_of_a_url():
    source = Source(("https://me:pass@host/a/b?part=1&token=t",))
    mirrors = {"https://host/a/": ["https://near/"]}
    assert candidate_urls(source, "http://mirror", mirrors) == [
        "http://mirror/host/a/b?part=1",
        "https://near/b?part=1",
        source.url,
    ]


def test_a_mirror_on_disk_has_a_file_for_each_query():
    source = Source(("https://host/get?id=1",))
    mirrors = {"https://host/": ["file:///near/", "https://near/"]}
    assert candidate_urls(source, "file:///all", mirrors) == [
        "file:///all/host/get%3Fid=1",
        "file:///near/get%3Fid=1",
        "https://near/get?id=1",
        source.url,
    ]


@pytest.mark.parametrize("start", ["https://[bad/", "https:///", "https://near\n/"])
def test_a_mirror_of_the_settings_whose_urls_are_none_is_an_error_about_them(context, start):
    with context.settings.edit() as settings:
        settings.mirrors["https://host/"] = [start]
    with pytest.raises(SettingsError, match="not the beginning of the URLs of a mirror") as caught:
        urls_to_ask(Source(("https://host/a",)), context)
    assert str(context.settings.path) in str(caught.value.where)


def test_a_mirror_of_the_settings_may_be_a_scheme_alone(context):
    with context.settings.edit() as settings:
        settings.mirrors["http:"] = ["https:"]
    url = "http://host/a"
    assert urls_to_ask(Source((url,)), context) == ["https://host/a", url]


# --- the web archive


def test_an_archive_that_is_no_url_says_so(context, monkeypatch):
    monkeypatch.setenv("DATAMAESTRO_WAYBACK", "https://me:5ecr3t@[bad")
    with pytest.raises(SettingsError, match="not the URL of a web archive") as caught:
        context.wayback  # noqa: B018
    assert "5ecr3t" not in str(caught.value)


def test_an_archive_is_asked_for_its_last_and_its_first_copy():
    assert archived(Source(("https://host/x?a=1",), md5=MD5), "http://archive/web/") == [
        "http://archive/web/2099id_/https://host/x?a=1",
        "http://archive/web/1996id_/https://host/x?a=1",
    ]


@pytest.mark.parametrize(
    "source",
    [
        Source(("https://host/x",), size=10),
        Source(("package:some/file", "file:///x", "ftp://host/x"), md5=MD5),
        Source(("https://me:pass@host/x",), md5=MD5),
        Source(("https://host/x?sig=s",), md5=MD5),
    ],
    ids=["no digest", "no web", "a user", "a signature"],
)
def test_an_archive_is_not_asked_for_what_it_can_not_give(source):
    assert archived(source, "http://archive/web") == []


@pytest.mark.parametrize(
    ("variable", "setting", "expected"),
    [
        (None, False, None),
        (None, True, "https://web.archive.org/web"),
        (None, "https://another/web", "https://another/web"),
        ("1", False, "https://web.archive.org/web"),
        ("0", True, None),
        ("http://127.0.0.1:1/web", True, "http://127.0.0.1:1/web"),
    ],
)
def test_an_archive_is_asked_only_if_a_setting_says_so(
    home, monkeypatch, variable, setting, expected
):
    if variable is not None:
        monkeypatch.setenv("DATAMAESTRO_WAYBACK", variable)
    Settings(home / "data" / "settings.json", wayback=setting).save()
    assert Context(home / "data").wayback == expected


# --- settings that hold secrets


@pytest.mark.parametrize("kind", [Settings, UserSettings])
def test_wrong_keys_are_not_quoted(tmp_path, kind):
    path = tmp_path / "settings.json"
    path.write_text('{"keys": ["5ecr3t"]}')
    with pytest.raises(
        SettingsError, match=r"keys has the wrong type: expected an object"
    ) as caught:
        kind.load(path)
    assert "5ecr3t" not in str(caught.value)
