"""URLs as they may be shown: without what lets someone in.

A URL may hold a user's name and password, and parameters that are as good as a
password: tokens, and the signatures of links to object stores. Whatever shows or
stores a URL (errors, messages, state files, notes in the cache) goes through here.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["MASK", "bare", "is_url", "masked", "recognizable", "shown"]

MASK = "***"
"""What stands for the value of a secret parameter."""

_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER = re.compile(
    r"""
    (?P<start>[?&;#]) (?P<name>[^?=&;#\s]+) =
    (?P<value>[^&;#\s"<>]*?) (?=['),.:]*(?:[&;#\s"<>]|$))      # punctuation after it isn't its own
    """,
    re.VERBOSE,
)
_HASH = re.compile(r" [0-9a-f]{64}\Z")
_SECRET = re.compile(
    r"""
      x-(?:amz|goog|ms)-.*                                    # a whole signature, part by part
    | .*(?:token|secret|passw|passphrase|signature|credential|session|cookie).*
    | (?:.*[-_.])?(?:key|rlkey|sig|auth|jwt|hmac|pwd|pw|pass|authorization|sid|ticket|sas)
    | .*(?:api|access|auth|private|secret|shared|account)[-_.]?key(?:[-_.]?id)?
    | .*(?:key[-_.]?pair|access)[-_.]?id                      # of CloudFront, of Google
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_url(value: object) -> bool:
    """Tell whether something is a URL that can be asked for.

    >>> is_url("https://host/a.gz"), is_url("https://[host/a.gz"), is_url("a.gz")
    (True, False, False)
    """
    if not isinstance(value, str) or not value.isprintable():
        return False
    try:
        parts = urlsplit(value)
    except ValueError:  # brackets around what isn't an address
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else bool(parts.scheme)


def masked(text: str) -> str:
    """Give a text, such as a URL or a message with URLs, without secrets.

    A user's name and password go, and the values of parameters whose names speak of
    secrets are replaced. Doing it twice changes nothing.

    >>> masked("https://me:pass@host/a.gz?part=1&X-Amz-Signature=f00d")
    'https://host/a.gz?part=1&X-Amz-Signature=***'
    """
    if "@" in text:
        text = _USER.sub("", text)
    return _PARAMETER.sub(_masked_parameter, text) if "=" in text else text


def bare(url: str) -> str:
    """Give a URL without its secrets, for someone else than its own host.

    >>> bare("https://me:pass@host/a.gz?part=1&token=f00d")
    'https://host/a.gz?part=1'
    """
    parts = urlsplit(url)
    query = "&".join(
        item for item in parts.query.split("&") if not _is_secret(item.partition("=")[0])
    )
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def recognizable(url: str) -> str:
    """Give a text that is the same for the same URL only, and tells no secret.

    It is the URL itself, or, if that has secrets, what may be shown and a hash of all.
    """
    text = masked(url)
    if text == url:
        return url
    import hashlib  # which takes a while: most URLs have no secrets

    return f"{text} {hashlib.sha256(url.encode()).hexdigest()}"


def shown(recognized: str) -> str:
    """Give a URL as it may be shown, of what :func:`recognizable` gave for it."""
    return _HASH.sub("", recognized)


def _masked_parameter(match: re.Match[str]) -> str:
    value = MASK if _is_secret(match["name"]) else match["value"]
    return f"{match['start']}{match['name']}={value}"


def _is_secret(name: str) -> bool:
    return _SECRET.fullmatch(unquote(name)) is not None
