"""Connections that end only where they may.

The addresses of a name are looked up once to judge a redirect, and again to connect:
a name server could give others the second time ("DNS rebinding"). So what counts is
looked at once more when the connection stands, before anything is sent over it. What
isn't covered: connections through a proxy, which looks the name up by itself.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Scope, scope

if TYPE_CHECKING:
    from urllib3 import PoolManager

__all__ = ["guarded"]


def guarded(manager: PoolManager, permitted: frozenset[Scope]) -> PoolManager:
    """Have connections of a manager, which are direct ones, end in some scopes only."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Guarded:
        def _new_conn(self) -> socket.socket:
            # Both kinds of connections take their socket from here, before a handshake.
            connection: Any = super()
            return _checked(connection._new_conn(), permitted)

    class GuardedHttp(Guarded, HTTPConnection):
        pass

    class GuardedHttps(Guarded, HTTPSConnection):
        pass

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = GuardedHttp

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHttps

    manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return manager


def _checked(connection: socket.socket, permitted: frozenset[Scope]) -> socket.socket:
    host, port, *_ = connection.getpeername()
    found = scope(ip_address(host.partition("%")[0]))
    if found not in permitted:
        connection.close()
        raise TransportError(
            "a redirect's host turned out to be elsewhere than its name said",
            where=f"{host}:{port}",
            expected=" or ".join(sorted(item.value for item in permitted)),
            found=found.value,
        )
    return connection
