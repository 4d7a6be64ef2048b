"""Requests and their redirects, each hop with what belongs to it.

Libraries follow redirects without judging where they lead, read whatever comes with
them, and send a password of netrc to any port of its host: so all of this is done here,
on the connections of urllib3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from datamaestro.errors import TransportError
from datamaestro.urls import masked
from datamaestro.version import VERSION
from datamaestro_transport_http.addresses import Resolve, Scope, scopes
from datamaestro_transport_http.connections import Pools
from datamaestro_transport_http.cookies import Cookies
from datamaestro_transport_http.credentials import Credentials, origin
from datamaestro_transport_http.failures import cause, unreachable
from datamaestro_transport_http.proxies import proxy_for
from datamaestro_transport_http.redirects import Hop, next_hop
from datamaestro_transport_http.references import location_in, without_user
from datamaestro_transport_http.waiting import Waiting

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["Answer", "Client"]

MOST_REDIRECTS = 20
"""How many redirects are followed, as in browsers."""

SMALL_BODY = 1 << 16
"""How much of a redirect's body is read, so that its connection can be used again."""

BODY_WAIT = 0.2
"""Seconds that it is waited for: about as long as it takes to connect again."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""The status codes that go on elsewhere, if they say where."""

FIELDS = {
    "User-Agent": f"datamaestro/{VERSION}",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
"""The fields of all requests."""


class Answer(NamedTuple):
    """What a server said at the end of all redirects.

    :param url: where that was
    :param http: the status, the fields, and the body, which is still to be read
    """

    url: str
    http: BaseHTTPResponse

    @property
    def status(self) -> int:
        """The status code."""
        return self.http.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The fields, by names in which capitals don't matter."""
        return self.http.headers

    def abort(self) -> None:
        """End a read of the body in another thread; the connection serves no more."""
        with suppress(OSError, RuntimeError, ValueError):  # all was read, or it was closed
            self.http.shutdown()

    def close(self) -> None:
        """Give up the connection, unless all was read and it is another's by now."""
        self.http.close()
        self.http.release_conn()


class Client:
    """Asks for URLs; one serves several threads.

    :param credentials: gives what the user has for hosts; asked for each request, since an
        answer may tell the user to set it
    :param resolve: gives the addresses of the hosts that redirects are about
    """

    def __init__(self, credentials: Callable[[], Credentials], resolve: Resolve) -> None:
        self._credentials = credentials
        self._resolve = resolve
        self._cookies = Cookies()
        self._waiting = Waiting()
        self._pools = Pools(self._waiting)
        _keep_secrets_out_of_logs()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> Answer:
        """Ask for a URL, and go on where its server says.

        :param method: ``GET``, or ``HEAD`` for the header alone
        :param timeout: seconds to wait for a connection, and for the next bytes
        :raises TransportError: if there is no answer, or a redirect isn't followed
        """
        with self._waiting.here():
            return self._follow(method, url, headers, timeout)

    def abort(self, thread: int) -> None:
        """End what a thread waits for in :meth:`ask`."""
        self._waiting.end(thread)

    def close(self) -> None:
        """Give up all connections."""
        self._pools.close()

    def _follow(
        self, method: str, url: str, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> Answer:
        credentials = self._credentials()
        try:
            hop, owner, own = Hop(without_user(url)), origin(url), credentials.asked(url)
        except ValueError as error:
            raise TransportError("no URL that can be asked for", where=url, found=error) from None
        seen = {hop.url}
        for _ in range(MOST_REDIRECTS + 1):
            same = origin(hop.url) == owner
            authorization = own if same else credentials.redirected(hop.url)
            field = {} if authorization is None else {"Authorization": authorization}
            answer = self._send(method, hop, {**headers, **field}, timeout)
            if answer.status not in REDIRECTS or "Location" not in answer.headers:
                return answer
            location = location_in(answer.headers["Location"])
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

    def _send(
        self, method: str, hop: Hop, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> Answer:
        import urllib3

        connect, read = timeout
        manager = self._pools.for_hop(hop)
        try:
            http = manager.urlopen(
                method,
                hop.url,
                headers={**FIELDS, **self._cookies.fields(hop.url), **headers},
                timeout=urllib3.Timeout(connect=connect, read=read),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise unreachable(hop.url, error) from cause(error)
        self._cookies.note(hop.url, http)
        return Answer(hop.url, http)

    def _scopes(self, url: str) -> frozenset[Scope]:
        """Tell where the host of a URL is.

        Behind a proxy it is the proxy that looks names up and connects, by rules of its
        own: a name is judged by its spelling alone then.
        """
        proxied = proxy_for(url) is not None
        return scopes(urlsplit(url).hostname or "", None if proxied else self._resolve)


def _discard(answer: Answer) -> None:
    """Give an answer's connection back if its body comes at once, or else give it up."""
    import urllib3

    socket = getattr(answer.http.connection, "sock", None)
    with suppress(urllib3.exceptions.HTTPError, OSError):
        if socket is not None:
            socket.settimeout(BODY_WAIT)  # the next request sets another timeout
        answer.http.read1(SMALL_BODY)
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
