"""Opening URLs with the standard library alone, where no plugin opens them.

It is for bytes that are known by their digests, those of lock files, and leaves to plugins
what needs more care: names and passwords, cookies, several ranges at once.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from datamaestro.download.http_answers import RETRIED, FinalResponse
from datamaestro.download.local_files import FileTransport
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import IO

__all__ = ["PLAIN_TRANSPORTS", "PlainHttp"]

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/([0-9]{1,19})")


class PlainHttp(Transport):
    """Opens ``http:`` and ``https:`` URLs, through the proxies of the environment.

    A redirect leads from ``https:`` to ``https:`` only, and from the internet never to this
    machine or its networks.
    """

    timeout: ClassVar[float] = 60.0
    """Seconds to wait for a connection, or for the next bytes."""

    @staticmethod
    def is_internal(host: str) -> bool:
        """Tell whether a host is this machine, or in one of its networks."""
        try:
            found = socket.getaddrinfo(host, None)
        except OSError:
            return False  # nothing is there that could be asked
        addresses = (ip_address(str(item[4][0]).partition("%")[0]) for item in found)
        return not all(address.is_global for address in addresses)

    def open(self, request: TransportRequest) -> Response:
        fields = {"Accept-Encoding": "identity"}
        if request.start > 0 and request.validator is not None:
            fields |= {"Range": f"bytes={request.start}-", "If-Range": request.validator}
        try:
            answer = self._opener.open(Request(request.url, headers=fields), timeout=self.timeout)
        except (OSError, HTTPException, ValueError) as error:
            if not (isinstance(error, HTTPError) and error.code == 416):
                raise _failure(request.url, error) from None
            error.close()
        else:
            response = _PlainHttpResponse(answer, request)
            if answer.status == 200 or response.start > 0:
                return response
            response.close()
        if "Range" not in fields:
            raise TransportError("the server gave a part, unasked", where=request.url)
        return self.open(TransportRequest(request.url))

    @cached_property
    def _opener(self) -> Any:
        opener = OpenerDirector()
        for handler in (
            ProxyHandler(),
            _Http(),
            _Https(ssl.create_default_context()),
            _Redirects(self.is_internal),
            HTTPErrorProcessor(),
            HTTPDefaultErrorHandler(),
        ):
            opener.add_handler(handler)
        return opener


PLAIN_TRANSPORTS: dict[str, type[Transport]] = {
    "file": FileTransport,
    "http": PlainHttp,
    "https": PlainHttp,
}
"""What opens the URLs of a scheme."""


class _PlainHttpResponse(Response):
    """What a server answered; with a part that doesn't fit the request, `start` stays 0."""

    def __init__(self, answer: HTTPResponse, request: TransportRequest) -> None:
        self._answer = answer
        self._url = request.url
        etag = answer.headers.get("ETag", "W/")
        self.validator = None if etag.startswith("W/") else etag
        self.media_type = answer.headers.get_content_type()
        part = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status == 200:
            self.size = answer.length
        elif part is not None and (int(part[1]), self.validator) == (
            request.start,
            request.validator,
        ):
            self.start, self.size = request.start, int(part[2])

    def read(self, size: int) -> bytes:
        try:
            return self._answer.read1(size)
        except (OSError, HTTPException) as error:
            raise TransportError(
                f"the transfer broke off: {error}", where=self._url, retry=True
            ) from error

    def close(self) -> None:
        self._answer.close()


class _HttpConnection(HTTPConnection):
    response_class = FinalResponse


class _HttpsConnection(HTTPSConnection):
    response_class = FinalResponse


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _Https(HTTPSHandler):
    def __init__(self, trusting: ssl.SSLContext) -> None:
        super().__init__(context=trusting)
        self._trusting = trusting

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpsConnection, req, context=self._trusting)


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to where they may lead.

    :param is_internal: tells of a host whether those outside may not lead there
    """

    max_redirections = 20

    def __init__(self, is_internal: Callable[[str], bool]) -> None:
        self._is_internal = is_internal

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        hop, target = urlsplit(req.full_url), urlsplit(newurl)
        reason = None
        if hop.scheme == "https" and target.scheme != "https":
            reason = "which gives up encryption"
        elif self._is_internal(target.hostname or "") and not self._is_internal(hop.hostname or ""):
            reason = "which isn't on the internet"
        if reason is not None:
            fp.close()
            raise TransportError(f"the server redirects to {newurl}, {reason}", where=req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _failure(url: str, error: Exception) -> TransportError:
    """Make the error of a request that got no content."""
    if isinstance(error, HTTPError):
        error.close()
        return TransportError(
            "the server gave no file",
            where=url,
            expected="status 200",
            found=f"status {error.code} {error.reason}",
            retry=error.code in RETRIED,
        )
    reason = getattr(error, "reason", error)
    passing = isinstance(reason, OSError) and not isinstance(reason, ssl.SSLCertVerificationError)
    return TransportError(
        f"can't be reached: {reason}",
        where=url,
        retry=passing,
        unreachable=isinstance(reason, TimeoutError | socket.gaierror),
    )
