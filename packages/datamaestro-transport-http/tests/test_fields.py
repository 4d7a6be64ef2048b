"""What the fields of an answer tell."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from datamaestro_transport_http.fields import confirms, retry_after, validator


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


LONG_AGO = "Wed, 21 Oct 2015 07:27:00 GMT"
A_MINUTE_LATER = "Wed, 21 Oct 2015 07:28:00 GMT"
IN_2015 = {"Last-Modified": LONG_AGO, "Date": A_MINUTE_LATER}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": 'W/"a"'}, None),
        (IN_2015, LONG_AGO),
        (IN_2015 | {"ETag": 'W/"a"'}, LONG_AGO),
        (IN_2015 | {"ETag": ""}, LONG_AGO),
        (IN_2015 | {"ETag": '""'}, LONG_AGO),
        (IN_2015 | {"Last-Modified": "Wed, 21 Oct 2015 07:27:01 GMT"}, None),
        (IN_2015 | {"Last-Modified": "yesterday"}, None),
        (IN_2015 | {"Last-Modified": "21 Oct 9955555599 00:00:00"}, None),
        (IN_2015 | {"Last-Modified": LONG_AGO.replace("GMT", "-0000")}, "Wed, 21 Oct 2015"),
        ({"ETag": ""}, None),
        ({}, None),
    ],
)
def test_only_what_no_other_content_has_identifies_it(headers, expected):
    found = validator(headers)
    assert found is expected is None or found.startswith(expected)


@pytest.mark.parametrize(("hours", "identifies"), [(48, True), (12, False)])
def test_where_no_time_is_told_the_clock_here_counts_if_it_may_be_wrong(hours, identifies):
    changed = format_datetime(datetime.now(UTC) - timedelta(hours=hours), usegmt=True)
    assert (validator({"Last-Modified": changed}) == changed) is identifies


@pytest.mark.parametrize(
    ("asked", "headers", "same"),
    [
        ('"a"', {"ETag": '"a"'}, True),
        ('"a"', {"ETag": '"b"'}, False),
        ('"a"', {}, False),
        ('"a"', {"ETag": 'W/"a"'}, False),
        (LONG_AGO, IN_2015, True),
        (LONG_AGO, IN_2015 | {"Last-Modified": "Wed, 21 Oct 2015 07:26:59 GMT"}, False),
        (LONG_AGO, {}, True),
        (LONG_AGO, {"ETag": 'W/"a"'}, True),
        (LONG_AGO, {"ETag": '"a"'}, False),
        (f'"{LONG_AGO}"', {}, False),
    ],
)
def test_a_part_need_not_say_once_more_when_the_content_was_changed(asked, headers, same):
    assert confirms(headers, asked) is same
