"""Cookies: some hosts have users log in at another one, and know them by a cookie then."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from urllib3 import BaseHTTPResponse

__all__ = ["Cookies"]


class Cookies:
    """What servers gave to be shown again, by the rules of :mod:`http.cookiejar`."""

    def __init__(self) -> None:
        self._jar: CookieJar | None = None
        self._making = Lock()

    def fields(self, url: str) -> dict[str, str]:
        """Give the fields that a request for a URL has by them."""
        if self._jar is None:
            return {}
        from urllib.request import Request

        request = Request(url)
        self._jar.add_cookie_header(request)
        return dict(request.header_items())

    def note(self, url: str, answer: BaseHTTPResponse) -> None:
        """Note those that an answer for a URL has."""
        if "Set-Cookie" not in answer.headers:
            return
        from http.cookiejar import CookieJar
        from urllib.request import Request

        with self._making:  # two threads may get their first ones at once
            if self._jar is None:  # an empty jar is false
                self._jar = CookieJar()
        # An answer of urllib3 has the methods that are needed of one of the standard library.
        self._jar.extract_cookies(answer, Request(url))  # type: ignore[arg-type]
