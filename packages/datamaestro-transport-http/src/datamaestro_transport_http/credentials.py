"""Whose credentials go where: always to their own host, and to no other.

They come from the URL itself (``https://user:password@host/``), from ``keys`` of the
settings (``"https://host/": "Bearer …"``) and from netrc, in this order.
"""

from __future__ import annotations

import base64
import logging
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from datamaestro.errors import SettingsError
from datamaestro_transport_http.hosts import PORTS, comparable, in_ascii

__all__ = ["Credentials", "Login", "Origin", "hosts_in", "origin", "user_in"]

logger = logging.getLogger(__name__)

Origin = tuple[str, str, int]
"""Scheme, host and port: who a URL belongs to."""

_UPWARDS = re.compile(r"[/\\]\.\.(?:[/\\;]|$)")
_FIELD = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class Login(NamedTuple):
    """A user and a password.

    :param password: None if there is nothing about it
    """

    name: str
    password: str | None

    @property
    def field(self) -> str:
        """The value of the Authorization field for it."""
        text = f"{self.name}:{self.password or ''}"
        return f"Basic {base64.b64encode(text.encode()).decode()}"


def origin(url: str) -> Origin:
    """Give who an http or https URL belongs to.

    >>> origin("https://me@Host/a")
    ('https', 'host', 443)
    """
    return _origin(urlsplit(url))


def user_in(url: str) -> str | None:
    """Give the Authorization field for the user that a URL names, if it names one."""
    login = _login(url)
    return None if login is None else login.field


class Credentials:
    """What a user has for hosts.

    :param keys: values of the Authorization field, by the beginnings of the URLs that
        they are for, those that win first; names that are no URL are other plugins'
    :param netrc: does what :func:`hosts_in` does, without reading a file again each time
    """

    def __init__(
        self,
        *keys: Mapping[str, str],
        netrc: Callable[[Path], dict[str, Login]] | None = None,
    ) -> None:
        self._read_netrc = netrc or hosts_in
        found: dict[tuple[Origin, str], str] = {}
        for name, value in (item for mapping in keys for item in mapping.items()):
            owner = _owner(name)
            if owner is not None:
                found.setdefault(owner, _checked(name, value))
        self._keys = sorted(found.items(), key=lambda item: len(item[0][1]), reverse=True)

    def asked(self, url: str) -> str | None:
        """Give the Authorization field for a URL that was asked for, if there is one."""
        login, host = _login(url), origin(url)[1]
        if login is None:
            return self._key(url) or self._entry(host)
        if login.password is None and host in self._hosts and self._hosts[host].name == login.name:
            return self._entry(host)
        return login.field

    def redirected(self, url: str) -> str | None:
        """Give the Authorization field for a URL that a server named, if there is one.

        A netrc file knows hosts, and neither schemes nor ports. So that no server can
        lead a password to another service of a host, only https gets it there.
        """
        scheme, host, port = origin(url)
        https = (scheme, port) == ("https", PORTS["https"])
        return self._key(url) or (self._entry(host) if https else None)

    def _key(self, url: str) -> str | None:
        parts = urlsplit(url)
        # The server decides where such a path leads: the only folder that surely has it is /.
        path = "/" if _UPWARDS.search(unquote(parts.path)) else f"{parts.path}/"
        for (owner, folder), value in self._keys:
            if owner == _origin(parts) and path.startswith(folder):
                return value
        return None

    def _entry(self, host: str) -> str | None:
        login = self._hosts.get(host)
        return None if login is None else login.field

    @cached_property
    def _hosts(self) -> dict[str, Login]:
        """The users by host, of the user's netrc file."""
        named = os.environ.get("NETRC")
        for item in [named] if named else ["~/.netrc", "~/_netrc"]:
            path = Path(os.path.expanduser(item))  # noqa: PTH111  (of no home, Path's is an error)
            if hosts := self._read_netrc(path):
                return hosts
        return {}


def hosts_in(path: Path) -> dict[str, Login]:
    """Give the users by host of a netrc file; none, if it can't be read.

    The entry ``default`` doesn't count: it would send a password to every host.
    """
    from netrc import NetrcParseError, netrc

    try:
        hosts = netrc(str(path)).hosts
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except NetrcParseError as error:
        # What it says quotes the file, which may be a password.
        logger.warning("%s:%s: not netrc; it is passed over", path, error.lineno)
        return {}
    except (OSError, UnicodeDecodeError) as error:
        logger.warning("%s can't be read: %s", path, type(error).__name__)
        return {}
    return {
        comparable(host): Login(login, password)
        for host, (login, _, password) in hosts.items()
        if host != "default"
    }


def _login(url: str) -> Login | None:
    """Give the user that a URL names, if it names one."""
    user, separator, _ = urlsplit(url).netloc.rpartition("@")
    if not separator:
        return None
    name, colon, password = user.partition(":")
    return Login(unquote(name), unquote(password) if colon else None)


def _owner(name: str) -> tuple[Origin, str] | None:
    """Give the origin and the folder that the name of a key stands for, if it is a URL."""
    try:
        parts = urlsplit(name)
        if parts.scheme not in PORTS or not parts.hostname:
            return None
        return _origin(parts), f"{parts.path.rstrip('/')}/"
    except ValueError as error:
        raise SettingsError(f"the name of a key isn't a URL: {error}", found=name) from error


def _origin(parts: SplitResult) -> Origin:
    scheme = parts.scheme.lower()
    return scheme, in_ascii(parts.hostname or "").rstrip("."), parts.port or PORTS.get(scheme, 0)


def _checked(name: str, value: str) -> str:
    if not _FIELD.fullmatch(value):
        raise SettingsError(
            f"the key for {name} can't be sent",
            expected="a value of the Authorization field, such as 'Bearer …'",
            hint="correct it in settings.json or user.json",
        )
    return value
