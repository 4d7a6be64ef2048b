"""Transfers as they are begun and read: how fast they go, and what goes wrong with them."""

from __future__ import annotations

import threading
import time

from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import DatamaestroError, PluginError, TransportError
from datamaestro.location import function_site
from datamaestro.transfer.cancelling import Cancellation

__all__ = ["RateMonitor", "opened"]

MINIMAL_RATE = 1000.0
"""Bytes a second; a transfer that stays below is stalled."""

STALLED_AFTER = 30.0
"""Seconds of waiting after which a transfer below the minimal rate is given up."""


class RateMonitor:
    """Reads a response, and measures how long that takes.

    Only waiting counts: a reader that is slow itself can't make a transfer look slow.

    :param url: what the response is of, for messages
    :ivar waited: the seconds that were spent waiting
    :ivar received: the bytes that came
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._began = time.monotonic()
        self.waited = 0.0
        self.received = 0
        self._waited_before = 0.0
        self._received_before = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning, with what the reader needed for itself."""
        return time.monotonic() - self._began

    @property
    def rate(self) -> float:
        """Bytes a second of waiting."""
        return self.received / max(self.waited, 1e-6)

    def read(self, response: Response, size: int) -> bytes:
        """Read a chunk.

        :raises TransportError: if the transfer breaks off, in whatever way, or is stalled
        """
        start = time.monotonic()
        try:
            chunk = response.read(size)
        except DatamaestroError:
            raise
        except OSError as error:
            raise TransportError(
                f"the transfer broke off: {error}", where=self.url, retry=True
            ) from error
        self.waited += time.monotonic() - start
        self.received += len(chunk)
        if chunk:
            self._refuse_stall()
        return chunk

    def _refuse_stall(self) -> None:
        waited = self.waited - self._waited_before
        if waited < STALLED_AFTER:
            return
        received = self.received - self._received_before
        if received < MINIMAL_RATE * waited:
            raise TransportError(
                "the transfer is stalled",
                where=self.url,
                expected=f"{MINIMAL_RATE:,.0f} bytes a second",
                found=f"{received:,} bytes in {waited:.0f} s",
                retry=True,
            )
        self._waited_before, self._received_before = self.waited, self.received


def opened(
    transport: Transport, request: TransportRequest, cancelled: Cancellation | None = None
) -> Response:
    """Begin a transfer.

    :param cancelled: ends that, as far as it can be ended, when it is set
    :raises TransportError: if it can't begin, in whatever way
    :raises PluginError: if the transport gives no response
    """
    thread = threading.get_ident()
    try:
        with (cancelled or Cancellation()).aborts(lambda: transport.abort(thread)):
            response: object = transport.open(request)
    except DatamaestroError:
        raise
    except OSError as error:  # or it would be taken for the disk's
        raise TransportError(
            f"the transfer can't begin: {error}", where=request.url, retry=True
        ) from error
    if not isinstance(response, Response):
        raise PluginError(
            f"{type(transport).__qualname__}.open gave something else than it should",
            where=function_site(transport.open),
            expected="a datamaestro.download.Response",
            found=f"{response!r:.80}",
        )
    return response
