"""Where an address is: on this machine, on its link, in a private network, or in public.

A host is looked at as whatever connects to it will understand it: numbers in any of
the spellings that ``inet_aton`` takes, IPv6 addresses with an IPv4 address in them,
characters that are turned into ASCII digits and dots.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Callable, Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote

__all__ = ["Address", "Resolve", "Scope", "resolved", "scope", "scopes", "spelled"]

Address = IPv4Address | IPv6Address

Resolve = Callable[[str], Iterable[Address]]
"""Gives all addresses of a name; none if it has none."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_NUMBER = re.compile(r"0x([0-9a-f]*)|([0-9]+)")  # int takes "1_0", "+1" and "0o1" too
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


class Scope(Enum):
    """How far an address reaches."""

    LOOPBACK = "this machine"
    LINK_LOCAL = "this link"
    PRIVATE = "a private network"
    PUBLIC = "the internet"


_SPECIAL_NAMES = {
    "localhost": Scope.LOOPBACK,  # RFC 6761
    "local": Scope.LINK_LOCAL,  # RFC 6762
    "internal": Scope.PRIVATE,
    "home.arpa": Scope.PRIVATE,  # RFC 8375
}


def scopes(host: str, resolve: Resolve | None) -> frozenset[Scope]:
    """Tell where a host is, by all of its addresses; nowhere if it has none.

    :param host: the host of a URL, without brackets
    :param resolve: gives the addresses of a name; None judges by the spelling alone
    """
    host = _plain(host)
    for name, special in _SPECIAL_NAMES.items():
        if f".{host}".endswith(f".{name}"):
            return frozenset({special})
    addresses = spelled(host) or (resolve(host) if resolve is not None else ())
    return frozenset(scope(address) for address in addresses)


def scope(address: Address) -> Scope:
    """Tell where an address is.

    >>> scope(ip_address("169.254.169.254")).value
    'this link'
    """
    if isinstance(address, IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return scope(inner)
    if address.is_loopback or address.is_unspecified or address in _THIS_NETWORK:
        return Scope.LOOPBACK  # what is unspecified connects to this machine
    if address.is_link_local:
        return Scope.LINK_LOCAL
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    public = address.is_global and not (address.is_multicast or address.is_reserved or site_local)
    return Scope.PUBLIC if public else Scope.PRIVATE


def spelled(host: str) -> frozenset[Address]:
    """Give the addresses that a host can mean as a number; none if it is a name.

    >>> spelled("0x7f.1")
    frozenset({IPv4Address('127.0.0.1')})
    """
    host = _plain(host)
    if ":" in host:
        try:
            return frozenset({IPv6Address(host.partition("%")[0])})
        except ValueError:
            return frozenset()
    parts = host.split(".")
    # Programs don't agree whether a zero in front makes a number octal.
    readings = ([_number(part, octal=octal) for part in parts] for octal in (True, False))
    return frozenset(
        address for reading in readings if (address := _from_numbers(reading)) is not None
    )


def resolved(host: str) -> frozenset[Address]:
    """Give all addresses of a name, as the system resolves it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(ip_address(str(item[4][0]).partition("%")[0]) for item in found)


def _plain(host: str) -> str:
    host = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").lower()
    return host.strip("[]").rstrip(".")


def _number(text: str, *, octal: bool) -> int | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    hexadecimal, digits = match.groups()
    if digits is None:
        return int(hexadecimal or "0", 16)
    try:
        return int(digits, 8 if octal and digits.startswith("0") else 10)
    except ValueError:  # no octal digit, or thousands of them
        return None


def _from_numbers(numbers: list[int | None]) -> IPv4Address | None:
    """Put together one to four numbers, the last of which fills what is left of the 32 bits."""
    if len(numbers) > 4:
        return None
    *first, last = numbers
    if last is None or last >= 256 ** (4 - len(first)):
        return None
    value = last
    for position, number in enumerate(first):
        if number is None or number > 255:
            return None
        value += number << (24 - 8 * position)
    return IPv4Address(value)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Give the IPv4 address that packets for an IPv6 address end up at, if there is one."""
    if address.ipv4_mapped is not None or address.sixtofour is not None:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    # An IPv4-compatible address (RFC 4291, section 2.5.5.1) has nothing but zeros before.
    if address in _NAT64 or 0xFFFF < int(address) < 1 << 32:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
