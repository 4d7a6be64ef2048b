"""Hosts in the one spelling in which they are asked for, and compared."""

from __future__ import annotations

__all__ = ["PORTS", "comparable", "in_ascii"]

PORTS = {"http": 80, "https": 443}
"""The port of a URL that names none, by its scheme."""


def in_ascii(host: str) -> str:
    """Give a host as it is in the name system (RFC 5891), in lower case.

    :raises ValueError: if there can be no host of that name

    >>> in_ascii("Bücher.example"), in_ascii("Host")
    ('xn--bcher-kva.example', 'host')
    """
    if host.isascii():
        return host.lower()
    import idna

    return idna.encode(host, uts46=True).decode()


def comparable(host: str) -> str:
    """Give what a user calls a host as :func:`in_ascii` does; what can be none, as it is."""
    try:
        return in_ascii(host)
    except ValueError:
        return host
