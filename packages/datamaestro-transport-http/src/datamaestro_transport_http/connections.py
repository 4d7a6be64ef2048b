"""Connections, kept alive: direct or through a proxy, and verified by the trusted certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datamaestro.download.http_answers import FinalResponse
from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Scope
from datamaestro_transport_http.certificates import Certificates, certificates, trusting
from datamaestro_transport_http.credentials import user_in
from datamaestro_transport_http.guard import guarded
from datamaestro_transport_http.proxies import proxy_for
from datamaestro_transport_http.redirects import Hop
from datamaestro_transport_http.waiting import Waiting

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, PoolManager

__all__ = ["Pools"]

KEPT = 16
"""How many connections to one host are kept for later."""


class Pools:
    """The connections of urllib3, by the proxy, the certificates and the scopes they are for.

    :param waiting: is told which of them wait for an answer
    """

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._managers: dict[tuple[Certificates | None, str | None, Any], PoolManager] = {}

    def for_hop(self, hop: Hop) -> PoolManager:
        """Give the connections that may serve a hop.

        :raises TransportError: if the environment asks for what isn't there
        """
        proxy = proxy_for(hop.url)
        encrypted = any(url.startswith("https:") for url in (hop.url, proxy or ""))
        trusted = certificates(hop.url) if encrypted else None
        # A proxy looks names up by itself, and connects to what it finds.
        key = trusted, proxy, hop.permitted if proxy is None else None
        if key not in self._managers:
            self._managers[key] = _manager(hop.url, *key, self._waiting)
        return self._managers[key]

    def close(self) -> None:
        """Give up all connections."""
        for manager in self._managers.values():
            for key in manager.pools.keys():  # noqa: SIM118  (it isn't iterable)
                manager.pools[key].close()  # a response that was read may hold it
            manager.clear()


def _manager(
    url: str,
    trusted: Certificates | None,
    proxy: str | None,
    permitted: frozenset[Scope] | None,
    waiting: Waiting,
) -> PoolManager:
    options: dict[str, Any] = {"maxsize": KEPT}
    if trusted is not None:
        options["ssl_context"] = trusting(trusted, url)
    manager = _plain_manager(proxy, options)
    manager.pool_classes_by_scheme = {
        scheme: _pool_class(kind, permitted, waiting)
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
    # Of the two ends that may be encrypted, that of the proxy is verified as the server's is.
    own = options.get("ssl_context")
    return urllib3.ProxyManager(proxy, proxy_headers=fields, proxy_ssl_context=own, **options)


def _pool_class(
    kind: Any, permitted: frozenset[Scope] | None, waiting: Waiting
) -> type[HTTPConnectionPool]:
    """Give a class of pools whose connections skip what servers say before their answer.

    :param permitted: where the connections may end, if not anywhere
    :param waiting: is told which of them wait for it
    """

    class Connection(kind.ConnectionCls):  # type: ignore[misc]
        response_class = FinalResponse

        def getresponse(self) -> Any:
            with waiting.on(self.sock):
                return super().getresponse()

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
