"""HTTP, on urllib3, which brings connections and proxies.

Bodies are read from urllib3's raw stream, undecoded: what is stored is what the
server holds, and ``identity`` is asked for so that nothing is encoded on the way; see
`codings` for those that do so all the same.
Ranges and validators follow RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
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
)
from datamaestro_transport_http.credentials import Credentials, hosts_in
from datamaestro_transport_http.failures import cause, reason

__all__ = ["HttpTransport"]

WHOLE = frozenset({200, 203})
"""Status codes with the whole content; a proxy may have changed it with 203."""

OVERLOADED = frozenset({429, 503})
"""Those of them that say that the server is asked too much."""

SETTLED = timedelta(seconds=60)
"""How old content has to be so that the second of its last change identifies it."""

HINTS = {401: "what lets you in belongs in your netrc file, or under 'keys' in user.json"}
"""What a user can do about a status code."""

_COUNT = re.compile(r"[0-9]{1,19}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")


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
                retry_after=_retry_after(answer.headers),
                overloaded=answer.status in OVERLOADED,
                hint=HINTS.get(answer.status),
            )
        return _HttpResponse(answer, request)

    @property
    def _timeout(self) -> tuple[float, float]:
        return self.connect_timeout, self.read_timeout

    def check(self, url: str) -> SourceFacts:
        """Ask for the header alone; a server that refuses that is asked for the content."""
        with suppress(TransportError):
            answer = self._client.ask("HEAD", url, {}, self._timeout)
            with _HttpResponse(answer, TransportRequest(url)) as head:
                if answer.status in WHOLE:
                    return SourceFacts(answer.url, head.size, head.validator, head.media_type)
        return super().check(url)

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
        if answer.status == 206:
            self._body: Body = AsStored(self._received)
            self.start, self.size = request.start, _range(answer)[1]
            self.validator = _validator(answer.headers)
            return
        try:
            self._body = body_of(self._received, _coding(answer), request.url, answer.url)
        except TransportError:
            self.close()
            raise
        if isinstance(self._body, AsStored):
            # Of what is encoded, neither length nor validator are those of what is read.
            self.size = _count(answer.headers.get("Content-Length", ""))
            self.validator = _validator(answer.headers)

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
    called encoded is only good if the file is stored compressed.
    """
    if answer.status != 206:
        return answer.status != 416
    start, size = _range(answer)
    same = request.validator in (None, _validator(answer.headers))
    as_stored = _coding(answer) is None or is_stored_compressed(request.url, answer.url)
    return start == request.start and size is not None and same and as_stored


def _coding(answer: Answer) -> str | None:
    return coding_of(answer.headers.get("Content-Encoding"))


def _count(digits: str) -> int | None:
    """Read a number of bytes, if it is one: servers send anything."""
    return int(digits) if _COUNT.fullmatch(digits) else None


def _range(answer: Answer) -> tuple[int | None, int | None]:
    """Give the first byte of a part, and the size of the whole, if the server says them."""
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
    if match is None:
        return None, None
    return int(match[1]), None if match[3] == "*" else int(match[3])


def _validator(headers: Mapping[str, str]) -> str | None:
    """Give what identifies the content byte by byte: a strong ETag, or Last-Modified.

    A time identifies it only if nothing else had it: content that changed just now may
    change once more within the same second (RFC 9110, section 8.8.2.2).
    """
    etag = headers.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    modified = headers.get("Last-Modified")
    changed, now = _time(modified), _time(headers.get("Date"))
    if changed is None or now is None:
        return None
    return modified if now - changed >= SETTLED else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, seconds or a date, as seconds from now (RFC 9110, section 10.2.3).

    A date is of the server's clock, and that of this machine may be another.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    if (seconds := _count(value.strip())) is not None:
        return float(seconds)
    time = _time(value)
    now = _time(headers.get("Date")) or datetime.now(UTC)
    return None if time is None else max(0.0, (time - now).total_seconds())


def _time(value: str | None) -> datetime | None:
    """Read a date of HTTP, if it is one."""
    try:
        time = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
