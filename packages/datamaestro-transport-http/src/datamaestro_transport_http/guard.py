"""Connections that end only where they may.

The addresses of a name are looked up once to judge a redirect, and again to connect:
a name server could give others the second time ("DNS rebinding"). So what counts is
looked at once more when the connection stands, before anything is sent over it. What
isn't covered: connections through a proxy, which looks the name up by itself.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Scope, scope

__all__ = ["guarded"]


def guarded(connection_class: Any, permitted: frozenset[Scope]) -> Any:
    """Give a class of urllib3's connections whose connections end in some scopes only."""

    class Guarded(connection_class):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            # Connections of http and of https take their socket from here, before a handshake.
            return _checked(super()._new_conn(), permitted)

    return Guarded


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
