"""Which redirects are followed: rules that need no connection.

A server that is asked for data may name any URL to go on with, and whoever asks may
reach more than the server can: its own machine, its network, the address that hands
out a cloud machine's credentials. So each hop is judged before it is asked for.

- Only ``http:`` and ``https:`` are followed, and from ``https:`` only ``https:``, as
  browsers do with downloads: otherwise whoever sits on the way could choose the bytes.
- To this machine, its link or a private network it goes only from a host of that same
  kind. So what a user's own settings or a definition name themselves is as good as it
  is named, and the internet can't point to the inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Scope
from datamaestro_transport_http.references import joined, without_user

__all__ = ["Hop", "next_hop"]


class Hop(NamedTuple):
    """One URL on the way to the data.

    :param url: the URL, without a user's name and password
    :param permitted: where its host may be; None for what was asked for, which may be anywhere
    """

    url: str
    permitted: frozenset[Scope] | None = None


def next_hop(hop: Hop, location: str, scopes: Callable[[str], frozenset[Scope]]) -> Hop:
    """Give what a redirect leads to.

    :param location: where the server says that the content is
    :param scopes: tells where the host of a URL is, by all of its addresses
    :raises TransportError: if it isn't followed; it names both URLs
    """
    try:
        url = without_user(joined(hop.url, location))
        parts = urlsplit(url)
        # Programs don't agree where the host ends if one of these is in it.
        clear = parts.port != 0 and not re.search(r"[\\\s\0-\x1f]", parts.netloc)
    except ValueError:
        clear = False
    if not clear:
        raise _refusal(hop, location, "which isn't a URL")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refusal(hop, url, "which isn't followed", expected="http: or https:")
    if parts.scheme == "http" and urlsplit(hop.url).scheme == "https":
        raise _refusal(
            hop,
            url,
            "which gives up encryption",
            expected="https:",
            hint="if a digest is declared, the http: URL itself can be declared as a mirror",
        )
    permitted = _permitted(scopes(hop.url))
    outside = sorted(item.value for item in scopes(url) - permitted)
    if outside:
        raise _refusal(hop, url, f"which is on {' and '.join(outside)}")
    return Hop(url, permitted)


def _permitted(found: frozenset[Scope]) -> frozenset[Scope]:
    """Tell where a host may lead to: in public, and to its own kind.

    One that has addresses of several kinds counts as public: anyone's name can be given
    a further address inside of someone's network.
    """
    return found | {Scope.PUBLIC} if len(found) == 1 else frozenset({Scope.PUBLIC})


def _refusal(
    hop: Hop, target: str, reason: str, *, expected: str | None = None, hint: str | None = None
) -> TransportError:
    return TransportError(
        f"the server redirects to {target}, {reason}", where=hop.url, expected=expected, hint=hint
    )
