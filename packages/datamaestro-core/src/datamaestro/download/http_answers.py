"""What transports need to know of answers of HTTP, whichever library opens their connections."""

from http.client import CONTINUE, SWITCHING_PROTOCOLS, HTTPException, HTTPResponse

__all__ = ["RETRIED", "FinalResponse"]

RETRIED = frozenset({408, 425, 429, *range(500, 600)})
"""Status codes after which the same request may succeed later."""

_MOST = 100
"""How many informational answers may come before the final one."""


class FinalResponse(HTTPResponse):
    """An answer of the standard library that skips all informational ones before it.

    They are those from 100 to 199, with which a server tells that it is at work (102), or
    what a page will need (103). The library itself skips only 100, and takes any other
    for the answer (RFC 9110, section 15.2).
    """

    _skipped = 0

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if status == SWITCHING_PROTOCOLS or not 100 <= status < 200:
            return version, status, reason
        self._skipped += 1
        if self._skipped > _MOST:
            raise HTTPException(f"more than {_MOST} informational answers, and no final one")
        return version, CONTINUE, reason
