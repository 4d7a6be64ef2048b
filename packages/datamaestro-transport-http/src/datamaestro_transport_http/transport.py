"""HTTP, on urllib3, which brings connections and proxies.

Bodies are read from urllib3's raw stream, undecoded: what is stored is what the
server holds, and ``identity`` is asked for so that nothing is encoded on the way; see
`codings` for those that do so all the same.
Ranges and validators follow RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import ClassVar

from datamaestro.disk.latest import Latest, looked_up
from datamaestro.download import Response, SourceFacts, Transport, TransportRequest
from datamaestro.download.http_answers import RETRIED
from datamaestro.errors import TransportError
from datamaestro_transport_http.addresses import Address, resolved
from datamaestro_transport_http.client import Answer, Client
from datamaestro_transport_http.codings import (
    AsStored,
    Body,
    body_of,
    coding_of,
    is_stored_compressed,
    refuse_transfer_codings,
)
from datamaestro_transport_http.credentials import Credentials, hosts_in
from datamaestro_transport_http.failures import HINTS, cause, reason
from datamaestro_transport_http.fields import (
    confirms,
    content_length,
    content_range,
    filename,
    retry_after,
    validator,
)

__all__ = ["HttpTransport"]

WHOLE = frozenset({200, 203})
"""Status codes with the whole content; a proxy may have changed it with 203."""

OVERLOADED = frozenset({429, 503})
"""Those of them that say that the server is asked too much."""


class HttpTransport(Transport):
    """Opens ``http:`` and ``https:`` URLs."""

    connect_timeout: ClassVar[float] = 10.0
    """Seconds to wait for a connection."""

    read_timeout: ClassVar[float] = 60.0
    """Seconds to wait for the next bytes."""

    @staticmethod
    def resolve(host: str) -> Iterable[Address]:
        """Give all addresses of a host that a redirect is about."""
        return resolved(host)

    @cached_property
    def _client(self) -> Client:
        """The connections, kept alive between transfers."""
        netrc = Latest(hosts_in)

        def credentials() -> Credentials:
            context = self.context
            keys = (context.user_settings.keys, context.settings.keys)
            return Credentials(*keys, netrc=netrc.of)

        return Client(lambda: looked_up(netrc, credentials), self.resolve)

    def open(self, request: TransportRequest) -> Response:
        headers = {}
        part = request.start > 0 or request.stop is not None
        if part:
            last = "" if request.stop is None else request.stop - 1
            headers["Range"] = f"bytes={request.start}-{last}"
            if request.validator is not None:
                headers["If-Range"] = request.validator
        answer = self._client.ask("GET", request.url, headers, self._timeout)
        if part and not _fits(answer, request):
            answer.close()
            return self.open(TransportRequest(request.url))
        if answer.status not in (WHOLE | {206} if part else WHOLE):
            answer.close()
            wait = answer.headers.get("Retry-After")
            raise TransportError(
                "the server gave no file",
                where=request.url,
                expected="status 200",
                found=f"status {answer.status} {answer.http.reason or ''}".strip(),
                # With 202, a file is being made.
                retry=answer.status in RETRIED or (answer.status == 202 and wait is not None),
                retry_after=retry_after(answer.headers),
                overloaded=answer.status in OVERLOADED,
                hint=HINTS.get(answer.status),
            )
        return _HttpResponse(answer, request)

    @property
    def _timeout(self) -> tuple[float, float]:
        return self.connect_timeout, self.read_timeout

    def check(self, url: str) -> SourceFacts:
        """Ask for the header alone; a server that refuses that is asked for the content.

        So is one that says that there is none: some say it of every content, as they send none.
        """
        with suppress(TransportError):
            answer = self._client.ask("HEAD", url, {}, self._timeout)
            with _HttpResponse(answer, TransportRequest(url)) as head:
                if answer.status in WHOLE and head.size != 0:
                    return SourceFacts(answer.url, head.size, head.validator, head.media_type)
        return super().check(url)

    def abort(self, thread: int) -> None:
        self._client.abort(thread)

    def close(self) -> None:
        if "_client" in vars(self):
            self._client.close()


class _HttpResponse(Response):
    """An answer with the whole content, or with a part."""

    def __init__(self, answer: Answer, request: TransportRequest) -> None:
        self._answer = answer
        self._url = request.url
        self.media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip() or None
        self.ranges = (
            answer.status == 206 or answer.headers.get("Accept-Ranges", "").lower() == "bytes"
        )
        try:
            self._body = self._begin(answer, request)
        except TransportError:
            self.close()
            raise

    def _begin(self, answer: Answer, request: TransportRequest) -> Body:
        refuse_transfer_codings(answer.http.headers.getlist("Transfer-Encoding"), request.url)
        if answer.status == 206:
            self.start, self.size = request.start, content_range(answer.headers)[1]
            # One that was asked about need not be told again (RFC 9110, section 15.3.7).
            self.validator = request.validator or validator(answer.headers)
            return AsStored(self._received)
        coding = _coding(answer)
        # Few answers name a coding; what all others call the file isn't looked at.
        stored_compressed = coding is not None and _is_stored_compressed(answer, request)
        body = body_of(self._received, coding, request.url, stored_compressed=stored_compressed)
        if isinstance(body, AsStored):
            # Of what is encoded, neither length nor validator are those of what is read.
            self.size = content_length(answer.headers)
            self.validator = validator(answer.headers)
        return body

    def read(self, size: int) -> bytes:
        return self._body.read(size)

    def _received(self, size: int) -> bytes:
        import urllib3

        try:
            return self._answer.http.read1(size, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TransportError(
                f"the transfer broke off: {reason(error)}", where=self._url, retry=True
            ) from cause(error)

    def abort(self) -> None:
        self._answer.abort()

    def close(self) -> None:
        self._answer.close()


def _fits(answer: Answer, request: TransportRequest) -> bool:
    """Tell whether an answer to a request for a range may be used as it is.

    A 206 has to say that it begins where the rest is wanted, how long the whole is, and
    that this is the content that was asked for: some servers pass over If-Range. With 416
    there is nothing after `start` in what the server has now. A part that is
    called encoded is only good if the file is stored compressed. Some programs send a part
    with status 200: such an answer is trusted neither as the whole nor as a part.
    """
    if answer.status in WHOLE:
        return "Content-Range" not in answer.headers
    if answer.status != 206:
        return answer.status != 416
    start, size = content_range(answer.headers)
    same = request.validator is None or confirms(answer.headers, request.validator)
    as_stored = _coding(answer) is None or _is_stored_compressed(answer, request)
    return start == request.start and size is not None and same and as_stored


def _coding(answer: Answer) -> str | None:
    return coding_of(answer.headers.get("Content-Encoding"))


def _is_stored_compressed(answer: Answer, request: TransportRequest) -> bool:
    return is_stored_compressed(request.url, answer.url, filename=filename(answer.headers))
