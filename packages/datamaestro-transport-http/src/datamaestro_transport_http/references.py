"""URLs as they are asked for, letter by letter: a server may sign them, or hold two alike.

The standard library drops a ``?`` that nothing follows, and empty folders from the path of
a relative reference. urllib3 encodes every ``%`` once more if one of them encodes nothing.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from datamaestro_transport_http.hosts import in_ascii

__all__ = ["joined", "location_in", "without_user"]

_PARTS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL
)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AROUND = "".join(map(chr, range(ord(" ") + 1)))
_WITHIN = str.maketrans("", "", "\t\r\n")


def location_in(field: str) -> str:
    """Give the URL in a Location field, as the standard library reads its bytes, in Latin-1.

    They should be ASCII, and are UTF-8 with most servers that send others. Bytes that are
    neither are encoded as they are.

    >>> location_in("/r\xc3\xa9sum\xc3\xa9"), location_in("/r\xe9sum\xe9")
    ('/résumé', '/r%E9sum%E9')
    """
    data = field.encode("latin-1")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in data)


def joined(base: str, reference: str) -> str:
    """Give the URL that a reference leads to from another (RFC 3986, section 5.2).

    >>> joined("http://host/a//b", "../c?"), joined("http://host/a?b", "?")
    ('http://host/a/c?', 'http://host/a?')
    """
    scheme, place, path, query = _parts(reference)
    if scheme is not None:
        return reference
    base_scheme, base_place, base_path, base_query = _parts(base)
    if place is None:
        place = base_place
        if not path:
            path, query = base_path, base_query if query is None else query
        elif not path.startswith("/"):
            path = f"{base_path.rpartition('/')[0]}/{path}"
    return f"{base_scheme}://{place}{_without_dots(path)}{query or ''}"


def without_user(url: str) -> str:
    """Remove a user's name and password, and the fragment: neither is the server's to say.

    A host in other letters than ASCII becomes what it is in the name system (RFC 5891).

    :raises ValueError: if there can be no host of that name

    >>> without_user("https://me@bücher.example/a#b")
    'https://xn--bcher-kva.example/a'
    """
    urlsplit(url)  # which refuses what programs read differently
    scheme, place, path, query = _parts(url)
    authority = "" if place is None else f"//{_without_user(place)}"
    rest = _STRAY_PERCENT.sub("%25", f"{path}{query or ''}")
    return f"{(scheme or '').lower()}:{authority}{rest}"


def _without_user(place: str) -> str:
    place = place.rpartition("@")[2]
    if place.isascii():
        return place
    host, colon, port = place.partition(":")
    return f"{in_ascii(host)}{colon}{port}"


def _parts(url: str) -> tuple[str | None, str | None, str, str | None]:
    """Give scheme, place and path of a URL, and its query with the ``?`` before it."""
    # What isn't there for the standard library, which tells whose a URL is, isn't there at all.
    match = _PARTS.fullmatch(url.strip(_AROUND).translate(_WITHIN))
    assert match is not None, "any text is a reference"
    scheme, place, path, query = match.groups()
    return scheme, place, path, query


def _without_dots(path: str) -> str:
    """Go through a path that begins at a host's root (RFC 3986, section 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/".join(kept)
