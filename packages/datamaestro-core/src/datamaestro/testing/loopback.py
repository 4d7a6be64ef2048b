"""A context that can't reach the internet, even where a test gets something wrong."""

from __future__ import annotations

from urllib.parse import urlsplit

from datamaestro.context import Context
from datamaestro.download import Response, SourceFacts, Transport, TransportRequest
from datamaestro.errors import TransportError

__all__ = ["LoopbackContext"]


class _LoopbackOnly(Transport):
    """Passes on what is asked of loopback, and refuses the rest, once and for all."""

    def __init__(self, context: Context, transport: Transport) -> None:
        super().__init__(context)
        self.transport = transport

    def open(self, request: TransportRequest) -> Response:
        _refuse_elsewhere(request.url)
        return self.transport.open(request)

    def check(self, url: str) -> SourceFacts:
        _refuse_elsewhere(url)
        return self.transport.check(url)


def _refuse_elsewhere(url: str) -> None:
    if urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
        raise TransportError("refused by the test", where=url)


class LoopbackContext(Context):
    """A context whose connections end on this machine."""

    def transport(self, url: str) -> Transport:
        transport = super().transport(url)
        return _LoopbackOnly(self, transport) if transport.network else transport
