"""What went wrong with a connection, in a few words, and whether it may pass."""

from __future__ import annotations

import re
import ssl

from datamaestro.download.http_answers import RETRIED
from datamaestro.errors import TransportError

__all__ = ["HINTS", "cause", "reason", "unreachable"]

HINTS = {
    401: "what lets you in belongs in your netrc file, or under 'keys' in user.json",
    407: "what lets you through belongs in http_proxy and https_proxy, before the proxy's host: "
    "USER:PASSWORD@",
}
"""What a user can do about a status code."""

PROXY_HINT = "http_proxy, https_proxy and no_proxy say what is asked for it"

_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3}) ?(.*)")


def unreachable(url: str, error: Exception) -> TransportError:
    """Make the error of a request that got no answer."""
    import urllib3

    inner = _innermost(error)
    by_proxy = isinstance(error, urllib3.exceptions.ProxyError)
    whose = "its proxy's" if by_proxy else "its"
    if isinstance(inner, ssl.SSLCertVerificationError):
        return TransportError(
            f"{whose} certificate isn't trusted: {inner.verify_message}",
            where=url,
            hint="certificates of your site's own are named by REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
        )
    if refusal := _TUNNEL.search(str(inner)):
        return _refused(url, int(refusal[1]), refusal[2])
    # What can't be asked for at all, such as a host of a wrong form, is a ValueError.
    passing = not isinstance(error, ValueError)
    return TransportError(
        f"{'its proxy ' if by_proxy else ''}can't be reached: {reason(error)}",
        where=url,
        retry=passing,
        unreachable=isinstance(error, urllib3.exceptions.TimeoutError),
        hint=PROXY_HINT if by_proxy else None,
    )


def _refused(url: str, status: int, phrase: str) -> TransportError:
    """Make the error of a request that a proxy doesn't connect to its server."""
    return TransportError(
        "can't be reached through its proxy",
        where=url,
        expected="status 200",
        found=f"status {status} {phrase}".strip(),
        retry=status in RETRIED,
        hint=HINTS.get(status, PROXY_HINT),
    )


def reason(error: BaseException) -> str:
    """Give the innermost reason of an error that wraps others."""
    from http.client import IncompleteRead

    inner = _innermost(error)
    if isinstance(inner, IncompleteRead):  # of chunks, nobody knows how many were to come
        missing = f"{inner.expected:,} bytes " if inner.expected else ""
        return f"the connection was closed {missing}before the end"
    return f"{type(inner).__name__}: {inner}"


def cause(error: BaseException) -> BaseException | None:
    """Give what may be shown below an error that is made from another: what the system said.

    What the libraries say quotes URLs with all that is in them.
    """
    inner = _innermost(error)
    return inner if type(inner).__module__ in ("builtins", "socket", "ssl") else None


def _innermost(error: BaseException) -> BaseException:
    # What an error merely came up in is how the library found out, and tells a user nothing.
    while (inner := error.__cause__ or _wrapped(error)) is not None:
        error = inner
    return error


def _wrapped(error: BaseException) -> BaseException | None:
    """Give what urllib3 has made an error of, if it hasn't raised it from that."""
    return next((item for item in error.args if isinstance(item, BaseException)), None)
