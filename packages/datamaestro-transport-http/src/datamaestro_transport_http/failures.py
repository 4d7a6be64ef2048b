"""What went wrong with a connection, in a few words, and whether it may pass."""

from __future__ import annotations

import ssl

from datamaestro.errors import TransportError

__all__ = ["cause", "reason", "unreachable"]


def unreachable(url: str, error: Exception) -> TransportError:
    """Make the error of a request that got no answer."""
    import urllib3

    inner = _innermost(error)
    if isinstance(inner, ssl.SSLCertVerificationError):
        return TransportError(
            f"its certificate isn't trusted: {inner.verify_message}",
            where=url,
            hint="certificates of your site's own are named by REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
        )
    # What can't be asked for at all, such as a host of a wrong form, is a ValueError.
    passing = not isinstance(error, ValueError)
    by_proxy = isinstance(error, urllib3.exceptions.ProxyError)
    return TransportError(
        f"{'its proxy ' if by_proxy else ''}can't be reached: {reason(error)}",
        where=url,
        retry=passing,
        unreachable=isinstance(error, urllib3.exceptions.TimeoutError),
        hint="http_proxy, https_proxy and no_proxy say what is asked for it" if by_proxy else None,
    )


def reason(error: BaseException) -> str:
    """Give the innermost reason of an error that wraps others."""
    inner = _innermost(error)
    return f"{type(inner).__name__}: {inner}"


def cause(error: BaseException) -> BaseException | None:
    """Give what may be shown below an error that is made from another: what the system said.

    What the libraries say quotes URLs with all that is in them.
    """
    inner = _innermost(error)
    return inner if type(inner).__module__ in ("builtins", "socket", "ssl") else None


def _innermost(error: BaseException) -> BaseException:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error
