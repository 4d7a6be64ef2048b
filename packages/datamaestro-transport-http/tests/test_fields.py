"""What the fields of an answer tell."""

import pytest

from datamaestro_transport_http.fields import retry_after, validator


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("nonsense", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("-3", None),
        ("21 Oct 9955555599 00:00:00", None),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("²", None),
        ("9" * 5000, None),
    ],
)
def test_the_time_to_wait_is_read_in_both_forms(value, seconds):
    assert retry_after({} if value is None else {"Retry-After": value}) == seconds


@pytest.mark.parametrize("year", [2015, 2115])
def test_a_time_to_wait_until_is_one_of_the_servers_clock(year):
    day = "Wed" if year == 2015 else "Mon"
    headers = {
        "Date": f"{day}, 21 Oct {year} 07:28:00 GMT",
        "Retry-After": f"{day}, 21 Oct {year} 07:28:20 GMT",
    }
    assert retry_after(headers) == 20.0


NOW = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": 'W/"a"'}, None),
        ({"Last-Modified": "Wed, 21 Oct 2015 07:27:00 GMT", "Date": NOW, "ETag": 'W/"a"'}, "Wed,"),
        ({"Last-Modified": "Wed, 21 Oct 2015 07:27:01 GMT", "Date": NOW}, None),
        ({"Last-Modified": "Wed, 21 Oct 2015 07:27:00 GMT"}, None),
        ({"Last-Modified": "yesterday", "Date": NOW}, None),
        ({"Last-Modified": "21 Oct 9955555599 00:00:00", "Date": NOW}, None),
        ({"Last-Modified": "Wed, 21 Oct 2015 07:27:00 -0000", "Date": NOW}, "Wed,"),
        ({}, None),
    ],
)
def test_only_what_no_other_content_has_identifies_it(headers, expected):
    assert (validator(headers) or "").startswith(expected or "")
    assert (validator(headers) is None) == (expected is None)
