"""Connections, kept alive: direct or through a proxy, and verified by the trusted certificates."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.download.http_answers import FinalResponse
from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Scope
from datamaestro_transport_http.credentials import user_in
from datamaestro_transport_http.guard import guarded
from datamaestro_transport_http.proxies import proxy_for
from datamaestro_transport_http.redirects import Hop

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, PoolManager

__all__ = ["Pools"]

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The environment variables that may name the trusted certificates; the first one wins."""

KEPT = 16
"""How many connections to one host are kept for later."""


class Pools:
    """The connections of urllib3, by the proxy, the certificates and the scopes they are for."""

    def __init__(self) -> None:
        self._managers: dict[tuple[Path | None, str | None, Any], PoolManager] = {}

    def for_hop(self, hop: Hop) -> PoolManager:
        """Give the connections that may serve a hop.

        :raises TransportError: if the environment asks for what isn't there
        """
        certificates = _certificates(hop.url) if hop.url.startswith("https:") else None
        proxy = proxy_for(hop.url)
        # A proxy looks names up by itself, and connects to what it finds.
        key = certificates, proxy, hop.permitted if proxy is None else None
        if key not in self._managers:
            self._managers[key] = _manager(hop.url, *key)
        return self._managers[key]

    def close(self) -> None:
        """Give up all connections."""
        for manager in self._managers.values():
            for key in manager.pools.keys():  # noqa: SIM118  (it isn't iterable)
                manager.pools[key].close()  # a response that was read may hold it
            manager.clear()


def _manager(
    url: str, certificates: Path | None, proxy: str | None, permitted: frozenset[Scope] | None
) -> PoolManager:
    options: dict[str, Any] = {"maxsize": KEPT}
    if certificates is not None:
        options["ssl_context"] = _trusting(certificates, url)
    manager = _plain_manager(proxy, options)
    manager.pool_classes_by_scheme = {
        scheme: _pool_class(kind, permitted)
        for scheme, kind in manager.pool_classes_by_scheme.items()
    }
    return manager


def _plain_manager(proxy: str | None, options: dict[str, Any]) -> PoolManager:
    import urllib3

    if proxy is None:
        return urllib3.PoolManager(**options)
    if proxy.startswith("socks"):
        return _through_socks(proxy, options)
    user = user_in(proxy)
    fields = {} if user is None else {"Proxy-Authorization": user}
    return urllib3.ProxyManager(proxy, proxy_headers=fields, **options)


def _pool_class(kind: Any, permitted: frozenset[Scope] | None) -> type[HTTPConnectionPool]:
    """Give a class of pools whose connections skip what servers say before their answer.

    :param permitted: where the connections may end, if not anywhere
    """

    class Connection(kind.ConnectionCls):  # type: ignore[misc]
        response_class = FinalResponse

    class Pool(kind):  # type: ignore[misc]
        ConnectionCls = Connection if permitted is None else guarded(Connection, permitted)

    return Pool


def _through_socks(proxy: str, options: dict[str, Any]) -> PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError as error:
        raise TransportError(
            "its proxy can't be used",
            where=proxy,
            expected="the package PySocks",
            found=str(error),
            hint="pip install PySocks",
        ) from None
    return SOCKSProxyManager(proxy, **options)


def _certificates(url: str) -> Path:
    """Give where the trusted certificates are: where the environment says, or with certifi.

    :raises TransportError: if the environment names some that aren't there
    """
    name = next((name for name in CERTIFICATES if os.environ.get(name)), None)
    if name is None:
        import certifi

        return Path(certifi.where())
    path = Path(os.environ[name])
    if not path.exists():
        raise TransportError(
            "its certificate can't be verified", where=url, expected=f"{name} to exist", found=path
        )
    return path


def _trusting(certificates: Path, url: str) -> ssl.SSLContext:
    """Make what verifies connections; once, since reading all certificates takes 20 ms."""
    folder = certificates.is_dir()
    try:
        return ssl.create_default_context(
            cafile=None if folder else certificates, capath=certificates if folder else None
        )
    except (OSError, ssl.SSLError) as error:
        raise TransportError(
            "its certificate can't be verified",
            where=url,
            expected=f"certificates in {certificates}",
            found=error,
        ) from error
