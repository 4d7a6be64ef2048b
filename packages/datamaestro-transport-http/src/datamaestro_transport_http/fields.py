"""What the fields of an answer say of the content: RFC 9110, sections 8, 10, 13 and 14.

Servers send anything in them. What can't be read is as if it weren't there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime

__all__ = [
    "confirms",
    "content_length",
    "content_range",
    "filename",
    "retry_after",
    "validator",
]

SETTLED = timedelta(seconds=60)
"""How old content has to be so that the second of its last change identifies it."""

SETTLED_HERE = timedelta(days=1)
"""The same where the server tells no time: the clock of this machine may be wrong, or its zone."""

NOTHING = ("", '""')
"""Values of ETag that identify nothing."""

_COUNT = re.compile(r"[0-9]{1,19}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")


def content_length(headers: Mapping[str, str]) -> int | None:
    """Give the number of bytes of a body, if it is told.

    Beside Transfer-Encoding, Content-Length counts for nothing (RFC 9112, section 6.3).
    """
    if "Transfer-Encoding" in headers:
        return None
    return _count(headers.get("Content-Length", ""))


def content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Give the first byte of a part, and the size of the whole, if they are told."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None:
        return None, None
    return int(match[1]), None if match[3] == "*" else int(match[3])


def validator(headers: Mapping[str, str]) -> str | None:
    """Give what identifies the content byte by byte: a strong ETag, or Last-Modified.

    A time identifies it only if nothing else had it: content that changed just now may
    change once more within the same second (RFC 9110, section 8.8.2.2).
    """
    etag = headers.get("ETag", "")
    if not etag.startswith("W/") and etag not in NOTHING:
        return etag
    modified = headers.get("Last-Modified")
    changed, now = _time(modified), _time(headers.get("Date"))
    if changed is None:
        return None
    age = datetime.now(UTC) - changed if now is None else now - changed
    return modified if age >= (SETTLED_HERE if now is None else SETTLED) else None


def confirms(headers: Mapping[str, str], asked: str) -> bool:
    """Tell whether a part is of the content that a validator identifies.

    :param headers: the fields of the part, which was asked for on condition that it is
    :param asked: the validator. An ETag is told with each part, Last-Modified only to one who
        doesn't know it (RFC 9110, section 15.3.7)
    """
    told = validator(headers)
    if told is None and "Last-Modified" not in headers:
        return not asked.startswith('"') and _time(asked) is not None
    return told == asked


def filename(headers: Mapping[str, str]) -> str:
    """Give what the server calls the content (RFC 6266); an empty text if it doesn't."""
    message = Message()
    message["Content-Disposition"] = headers.get("Content-Disposition", "")
    return message.get_filename("")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, seconds or a date, as seconds from now (RFC 9110, section 10.2.3).

    A date is of the server's clock, and that of this machine may be another.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    if (seconds := _count(value.strip())) is not None:
        return float(seconds)
    time = _time(value)
    now = _time(headers.get("Date")) or datetime.now(UTC)
    return None if time is None else max(0.0, (time - now).total_seconds())


def _count(digits: str) -> int | None:
    """Read a number of bytes, or of seconds, if it is one."""
    return int(digits) if _COUNT.fullmatch(digits) else None


def _time(value: str | None) -> datetime | None:
    """Read a date of HTTP, if it is one."""
    try:
        time = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
