"""Which proxy a URL is asked for through, as the environment or the system says."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

__all__ = ["proxy_for"]

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")
"""What the answer depends on; each counts in capitals too."""

CONFIGURED = ("darwin", "win32")
"""Systems that have settings of their own for proxies."""


def proxy_for(url: str) -> str | None:
    """Give the URL of the proxy for an http or https URL, or None if there is none.

    :param url: the URL; nothing but its scheme, host and port matters
    """
    parts = urlsplit(url)
    # Looking through the whole environment takes as long as a small request.
    environment = tuple(
        os.environ.get(variant) for name in VARIABLES for variant in {name, name.upper()}
    )
    if not any(environment) and sys.platform not in CONFIGURED:
        return None
    return _proxy(parts.scheme, parts.hostname or "", parts.port, environment)


@lru_cache(maxsize=256)
def _proxy(
    scheme: str, host: str, port: int | None, _environment: tuple[str | None, ...]
) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or _is_excepted(host, proxies.get("no", "")):
        return None
    if proxy_bypass(host if port is None else f"{host}:{port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_excepted(host: str, exceptions: str) -> bool:
    """Tell whether a host that is an address lies in one of the networks of ``no_proxy``."""
    with suppress(ValueError):
        address = ip_address(host)
        for item in exceptions.split(","):
            with suppress(ValueError):
                if address in ip_network(item.strip(), strict=False):
                    return True
    return False
