"""Requests and their redirects, each hop with what belongs to it.

What a session of requests does is to follow redirects without judging where they lead,
to read whatever comes with them, and to send a password of netrc to any port of its
host: so all of this is done here, with the adapters below it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datamaestro.errors import TransportError
from datamaestro.urls import masked
from datamaestro_transport_http.addresses import Resolve, Scope, scopes
from datamaestro_transport_http.credentials import Credentials, origin
from datamaestro_transport_http.failures import cause, unreachable
from datamaestro_transport_http.guard import guarded_adapter
from datamaestro_transport_http.redirects import Hop, next_hop, without_user

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.cookies import RequestsCookieJar

__all__ = ["Client"]

MOST_REDIRECTS = 20
"""How many redirects are followed, as in browsers."""

SMALL_BODY = 1 << 16
"""How much of a redirect's body is read, so that its connection can be used again."""

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""The environment variables that may name the trusted certificates; the first one wins."""


class Client:
    """Asks for URLs; one serves several threads.

    :param credentials: what the user has for hosts
    :param resolve: gives the addresses of the hosts that redirects are about
    """

    def __init__(self, credentials: Credentials, resolve: Resolve) -> None:
        self._credentials = credentials
        self._resolve = resolve
        self._adapters: dict[frozenset[Scope] | None, HTTPAdapter] = {}
        _keep_secrets_out_of_logs()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> requests.Response:
        """Ask for a URL, and go on where its server says.

        :param method: ``GET``, or ``HEAD`` for the header alone
        :param timeout: seconds to wait for a connection, and for the next bytes
        :raises TransportError: if there is no answer, or a redirect isn't followed
        """
        try:
            hop, owner, own = Hop(without_user(url)), origin(url), self._credentials.asked(url)
        except ValueError as error:
            raise TransportError("no URL that can be asked for", where=url, found=error) from None
        seen = {hop.url}
        for _ in range(MOST_REDIRECTS + 1):
            same = origin(hop.url) == owner
            authorization = own if same else self._credentials.redirected(hop.url)
            field = {} if authorization is None else {"Authorization": authorization}
            answer = self._send(method, hop, {**headers, **field}, timeout)
            if not answer.is_redirect:
                return answer
            location = answer.headers["Location"].encode("latin-1").decode("utf-8", "replace")
            _discard(answer)
            hop = next_hop(hop, location, self._scopes)
            circle = hop.url in seen
            seen.add(hop.url)
        raise TransportError(
            "redirects go round in a circle" if circle else "redirects don't end",
            where=url,
            expected=f"at most {MOST_REDIRECTS}",
            found=f"one more, to {hop.url}",
        )

    def close(self) -> None:
        """Give up all connections."""
        for adapter in self._adapters.values():
            adapter.close()

    @cached_property
    def _cookies(self) -> RequestsCookieJar:
        """Some hosts have users log in at another one, and know them by a cookie then."""
        from requests.cookies import RequestsCookieJar

        return RequestsCookieJar()

    @cached_property
    def _headers(self) -> dict[str, str]:
        return {
            "User-Agent": f"datamaestro/{version('datamaestro-transport-http')}",
            "Accept-Encoding": "identity",
        }

    def _send(
        self, method: str, hop: Hop, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> requests.Response:
        import requests

        certificates = _certificates(hop.url)
        request = requests.Request(method, hop.url, {**self._headers, **headers})
        request.cookies = self._cookies
        try:
            prepared = request.prepare()
            answer = self._adapter(hop).send(
                prepared,
                stream=True,
                timeout=timeout,
                verify=certificates,
                proxies=requests.utils.get_environ_proxies(hop.url),
            )
        except (requests.RequestException, OSError) as error:
            raise unreachable(hop.url, error) from cause(error)
        note_cookies: Any = requests.cookies.extract_cookies_to_jar  # requests has no types here
        note_cookies(self._cookies, prepared, answer.raw)
        return answer

    def _adapter(self, hop: Hop) -> HTTPAdapter:
        """Give the connections, kept alive, that end only where a hop's may."""
        if hop.permitted not in self._adapters:
            from requests.adapters import HTTPAdapter

            self._adapters[hop.permitted] = (
                HTTPAdapter() if hop.permitted is None else guarded_adapter(hop.permitted)
            )
        return self._adapters[hop.permitted]

    def _scopes(self, url: str) -> frozenset[Scope]:
        """Tell where the host of a URL is.

        Behind a proxy it is the proxy that looks names up and connects, by rules of its
        own: a name is judged by its spelling alone then.
        """
        from requests.utils import get_environ_proxies, select_proxy

        proxied = select_proxy(url, get_environ_proxies(url)) is not None
        return scopes(urlsplit(url).hostname or "", None if proxied else self._resolve)


def _certificates(url: str) -> str | bool:
    """Give where the trusted certificates are; True for those that come with requests.

    :raises TransportError: if the environment names some that aren't there
    """
    name = next((name for name in CERTIFICATES if os.environ.get(name)), None)
    if name is None or not url.startswith("https:"):
        return True
    path = Path(os.environ[name])
    if not path.exists():
        raise TransportError(
            "its certificate can't be verified", where=url, expected=f"{name} to exist", found=path
        )
    return str(path)


def _discard(answer: requests.Response) -> None:
    """Give an answer's connection back if its body is there already, and up otherwise."""
    import urllib3

    with suppress(urllib3.exceptions.HTTPError, OSError):
        answer.raw.read1(SMALL_BODY)
    answer.close()


class _Masked(logging.Filter):
    """Lets all messages pass, without the secrets of URLs in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True


_MASKED = _Masked()


def _keep_secrets_out_of_logs() -> None:
    """Mask what urllib3 says of each request, for those who show its messages.

    A filter holds for its own logger only, and not for those below it.
    """
    for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(_MASKED)
