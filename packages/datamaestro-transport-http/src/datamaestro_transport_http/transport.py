"""HTTP, on requests: connections, proxies, certificates and netrc are its own.

Bodies are read from urllib3's raw stream, undecoded: what is stored is what the
server holds, and ``identity`` is asked for so that nothing is encoded on the way.
Ranges and validators follow RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from datamaestro.download import Response, SourceFacts, Transport, TransportRequest
from datamaestro.errors import TransportError

if TYPE_CHECKING:
    import requests

__all__ = ["HttpTransport"]

CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a connection."""

READ_TIMEOUT = 60.0
"""Seconds to wait for the next bytes."""

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes after which the same request may succeed later."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class HttpTransport(Transport):
    """Opens ``http:`` and ``https:`` URLs."""

    @cached_property
    def session(self) -> requests.Session:
        """The connections, kept alive between transfers."""
        import requests

        session = requests.Session()
        session.headers["User-Agent"] = f"datamaestro/{version('datamaestro-transport-http')}"
        session.headers["Accept-Encoding"] = "identity"
        return session

    def open(self, request: TransportRequest) -> Response:
        import requests

        headers = {}
        if request.start > 0:
            headers["Range"] = f"bytes={request.start}-"
            if request.validator is not None:
                headers["If-Range"] = request.validator
        try:
            answer = self.session.get(
                request.url,
                headers=headers,
                stream=True,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            )
        except requests.RequestException as error:
            raise TransportError(
                f"can't be reached: {_reason(error)}",
                where=request.url,
                retry=isinstance(error, requests.ConnectionError | requests.Timeout),
            ) from error
        if answer.status_code == 416 and request.start > 0:
            # There is nothing after `start` in what the server has now: from the beginning.
            answer.close()
            return self.open(TransportRequest(request.url))
        if answer.status_code not in (200, 206):
            answer.close()
            raise TransportError(
                "the server gave no file",
                where=request.url,
                expected="status 200",
                found=f"status {answer.status_code} {answer.reason}".strip(),
                retry=answer.status_code in RETRIED,
                retry_after=_retry_after(answer.headers.get("Retry-After")),
            )
        return _HttpResponse(answer, request)

    def check(self, url: str) -> SourceFacts:
        """Ask for the header alone; a server that refuses that is asked for the content."""
        import requests

        try:
            answer = self.session.head(
                url, allow_redirects=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT)
            )
        except requests.RequestException:
            return super().check(url)
        with _HttpResponse(answer, TransportRequest(url)) as head:
            if answer.status_code == 200:
                return SourceFacts(answer.url, head.size, head.validator, head.media_type)
        return super().check(url)

    def close(self) -> None:
        if "session" in vars(self):
            self.session.close()


class _HttpResponse(Response):
    """An answer with status 200 or 206."""

    def __init__(self, answer: requests.Response, request: TransportRequest) -> None:
        self._answer = answer
        self._url = request.url
        self.media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip() or None
        self.validator = _validator(answer.headers)
        if answer.status_code == 206:
            self.start, self.size = self._content_range(request)
        elif "Content-Encoding" not in answer.headers:
            length = answer.headers.get("Content-Length", "")
            self.size = int(length) if length.isdigit() else None

    def _content_range(self, request: TransportRequest) -> tuple[int, int | None]:
        stated = self._answer.headers.get("Content-Range", "")
        match = _CONTENT_RANGE.fullmatch(stated.strip())
        if match is None or int(match[1]) != request.start:
            self._answer.close()
            raise TransportError(
                "the server gave another range than asked for",
                where=self._url,
                expected=f"bytes {request.start}-",
                found=stated or "no Content-Range",
            )
        return request.start, None if match[3] == "*" else int(match[3])

    def read(self, size: int) -> bytes:
        import urllib3

        try:
            # Decoding matters only for a server that encodes against our wish.
            data: bytes = self._answer.raw.read1(size, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TransportError(
                f"the transfer broke off: {_reason(error)}", where=self._url, retry=True
            ) from error
        return data

    def close(self) -> None:
        self._answer.close()


def _validator(headers: Any) -> str | None:
    """Give what identifies the content byte by byte: a strong ETag, or Last-Modified."""
    etag: str | None = headers.get("ETag")
    if etag is not None and not etag.startswith("W/"):
        return etag
    modified: str | None = headers.get("Last-Modified")
    return modified


def _retry_after(value: str | None) -> float | None:
    """Read Retry-After, seconds or a date, as seconds from now (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _reason(error: BaseException) -> str:
    """Give the innermost reason of an error that wraps others, in a few words."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{type(error).__name__}: {error}"
