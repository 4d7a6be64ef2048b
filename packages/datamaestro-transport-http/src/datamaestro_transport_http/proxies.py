"""Which proxy a URL is asked for through, as the environment or the system says."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from datamaestro.errors import TransportError
from datamaestro_transport_http.hosts import PORTS, comparable, in_ascii

__all__ = ["proxy_for"]

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")
"""What the answer depends on; each counts in capitals too."""

KINDS = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})
"""The schemes of URLs of proxies."""

_WITH_PORT = re.compile(r"\[([^]]*)](?::([0-9]+))?|([^:]*):([0-9]+)")

CONFIGURED = ("darwin", "win32")
"""Systems that have settings of their own for proxies."""


def proxy_for(url: str) -> str | None:
    """Give the URL of the proxy for an http or https URL, or None if there is none.

    :param url: the URL; nothing but its scheme, host and port matters
    :raises TransportError: if what names the proxy isn't the URL of one
    """
    parts = urlsplit(url)
    # Looking through the whole environment takes as long as a small request.
    environment = tuple(
        os.environ.get(variant) for name in VARIABLES for variant in {name, name.upper()}
    )
    if not any(environment) and sys.platform not in CONFIGURED:
        return None
    port = parts.port or PORTS[parts.scheme]
    return _proxy(parts.scheme, in_ascii(parts.hostname or ""), port, environment)


@lru_cache(maxsize=256)
def _proxy(scheme: str, host: str, port: int, environment: tuple[str | None, ...]) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or _is_excepted(host, port, proxies.get("no", "")):
        return None
    if proxy_bypass(f"{host}:{port}"):  # which knows the settings of the system
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_proxy(proxy):
        variable = f"{scheme if proxies.get(scheme) else 'all'}_proxy"
        # What it says isn't told: nobody knows which part of it is a password.
        raise TransportError(
            "not the URL of a proxy",
            where=variable if any(environment) else "the proxy of the system's settings",
            expected="http://HOST:PORT, with USER:PASSWORD@ before the host if that is needed, "
            "and in it %2F for /, %23 for #, %3F for ? and %40 for @",
        )
    return proxy


def _is_proxy(url: str) -> bool:
    from urllib3.util import parse_url

    try:
        # Libraries don't agree what is a URL; both read this one.
        parts, again = parse_url(url), urlsplit(url)
    except ValueError:
        return False
    # An unquoted /, ? or # in a password ends the host's part early: the host comes after it.
    rest = f"{again.path}{again.query}{again.fragment}"
    return parts.scheme in KINDS and bool(parts.host) and "@" not in rest


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    """Tell whether a host is one of those of ``no_proxy``, with commas or blanks between them."""
    items = re.split(r"[\s,]+", exceptions)
    return "*" in items or any(_covers(item, host.rstrip("."), port) for item in items)


def _covers(item: str, host: str, port: int) -> bool:
    """Tell whether an item is the address or the name of a host, its network or its domain."""
    name, own_port = item, None
    if match := _WITH_PORT.fullmatch(item):
        name, own_port = match[1] or match[3], match[2] or match[4]
    if own_port not in (None, str(port)):
        return False
    with suppress(ValueError):
        return ip_address(host) in ip_network(name, strict=False)
    name = comparable(name.removeprefix("*").strip("."))
    return name != "" and f".{host}".endswith(f".{name}")
