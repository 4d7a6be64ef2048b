"""URLs that may be shown: no secret is left, and nothing else goes."""

import json
import pickle

import pytest
from hypothesis import given, strategies as st

from datamaestro.errors import DatamaestroError, TransportError
from datamaestro.urls import bare, masked, recognizable, shown

SECRET = "5ecr3t"


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@host/x",
        f"https://{SECRET}@host/x",
        f"https://me:a@b@{SECRET}@host/x",
        f"https://me:it's{SECRET}\"@host:8080/x?a=b",
        f"HTTPS://me:{SECRET}@[::1]:80/x",
        f"ftp://me:{SECRET}@host",
        f"https://host/x?token={SECRET}",
        f"https://host/x?a=b&access_token={SECRET}&c=d",
        f"https://host/x?a=b;private_token={SECRET}",
        f"https://host/x?API-Key={SECRET}",
        f"https://host/x?apikey={SECRET}",
        f"https://host/x?key={SECRET}",
        f"https://host/x?%6Bey={SECRET}",
        f"https://host/x?sig={SECRET}%3D",
        f"https://host/x?st=1&se=2&sp=r&sig={SECRET}",
        f"https://host/x?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
        f"https://host/x?X-Amz-Security-Token={SECRET}",
        f"https://host/x?X-Goog-Signature={SECRET}",
        f"https://host/x?AWSAccessKeyId={SECRET}&Signature={SECRET}",
        f"https://host/x?GoogleAccessId={SECRET}",
        f"https://host/x?Key-Pair-Id={SECRET}",
        f"https://host/x?password={SECRET}",
        f"https://host/x?pw={SECRET}",
        f"https://host/x?dl=1&rlkey={SECRET}",
        f"https://host/x?client_secret={SECRET}",
        f"https://host/x;jsession={SECRET}/y",
        f"https://host/x#access_token={SECRET}",
        f"can't open '/x?token={SECRET}': refused",
        f"redirected (to https://me:{SECRET}@host/x?sig={SECRET}).",
    ],
)
def test_no_secret_is_shown(url):
    assert SECRET not in masked(url)
    assert SECRET not in recognizable(url)
    assert masked(masked(url)) == masked(url)


@pytest.mark.parametrize(
    "text",
    [
        "https://host/a/b.gz",
        "https://host:8443/a;b/c?part=1&keyword=cats&id=3#top",
        "https://host/@someone/a.csv?monkey=1",
        "package:datamaestro_ml/files/iris.data",
        "/home/me@work/a=b.csv",
        "expected 3 columns; found 4",
    ],
)
def test_what_is_no_secret_is_shown(text):
    assert masked(text) == recognizable(text) == text


def test_the_text_around_a_secret_stays():
    assert masked("'https://a?key=x', then b; or (https://c?sig=y).") == (
        "'https://a?key=***', then b; or (https://c?sig=***)."
    )


@given(st.text())
def test_any_text_can_be_masked(text):
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:pass@host:81/x?a=1&token=t&b=2#part", "https://host:81/x?a=1&b=2"),
        ("https://host/x?token=t", "https://host/x"),
        ("https://host/x?a=1", "https://host/x?a=1"),
    ],
)
def test_others_get_a_url_without_its_secrets(url, expected):
    assert bare(url) == expected


def test_urls_that_differ_in_a_secret_only_are_told_apart():
    first, second = (recognizable(f"https://host/x?token={value}") for value in "ab")
    assert first != second
    assert first.startswith("https://host/x?token=*** ")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host/x?token=t", "https://host/x?token=***"),
        ("https://me:pass@host/two words", "https://host/two words"),
        ("file:///two words", "file:///two words"),
    ],
)
def test_what_a_url_is_recognized_by_tells_what_may_be_shown_of_it(url, expected):
    assert shown(recognizable(url)) == expected


def test_no_part_of_an_error_shows_a_secret():
    url = f"https://me:{SECRET}@host/x?token={SECRET}"
    error = DatamaestroError(
        f"at {url}", where=url, expected=url, found=ValueError(url), hint=f"ask {url}"
    )
    assert SECRET not in str(error) + repr(error) + json.dumps(vars(error))
    assert error.where == "https://host/x?token=***"


def test_an_error_of_a_transport_shows_no_secret():
    error = TransportError("no file", where=f"https://{SECRET}@host/", retry=True)
    assert str(error) == "https://host/: no file"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
