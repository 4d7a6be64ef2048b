"""What transports need to know of answers of HTTP, whichever library opens their connections."""

from http.client import CONTINUE, SWITCHING_PROTOCOLS, HTTPResponse

__all__ = ["RETRIED", "FinalResponse"]

RETRIED = frozenset({408, 425, 429, *range(500, 600)})
"""Status codes after which the same request may succeed later."""


class FinalResponse(HTTPResponse):
    """An answer of the standard library that skips all informational ones before it.

    They are those from 100 to 199, with which a server tells that it is at work (102), or
    what a page will need (103). Of them the library itself skips 100 alone, and takes any
    other for the answer (RFC 9110, section 15.2).
    """

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        informational = 100 <= status < 200 and status != SWITCHING_PROTOCOLS
        return version, CONTINUE if informational else status, reason
