"""A context with a transport of its own, whose content and faults a test decides.

It needs no server and no plugin, so that a handler is tested with the kernel alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from datamaestro.context import Context
from datamaestro.download import Response, Source, Transport, TransportRequest
from datamaestro.errors import TransportError

__all__ = ["MemoryContext"]

PIECE = 16
"""How many bytes are read at once, at most: samples are small, and shall come in pieces."""


class MemoryContext(Context):
    """A context in which ``memory:`` URLs give what a test puts into `contents`.

    :param path: the data directory
    :ivar contents: the bytes by the name after ``memory:/``
    :ivar interruptions: by name, what the next transfers call after half of their bytes:
        a function that raises an error, or ends the process
    :ivar requests: what was asked of the transport, in order
    """

    def __init__(self, path: str | os.PathLike[str], *, offline: bool = False) -> None:
        super().__init__(path, offline=offline)
        self.contents: dict[str, bytes] = {}
        self.interruptions: dict[str, list[Callable[[], None]]] = {}
        self.requests: list[TransportRequest] = []

    def transport(self, url: str) -> Transport:
        """Give the transport of a URL; see :meth:`Context.transport`."""
        return _Memory(self) if url.startswith("memory:") else super().transport(url)

    def source(self, name: str) -> Source:
        """Give the source of what lies at a name, with its size and digest."""
        content = self.contents[name]
        digest = hashlib.sha256(content).hexdigest()
        return Source.of(f"memory:/{name}", size=len(content), sha256=digest)


class _Memory(Transport):
    """Opens ``memory:`` URLs; it counts as one that opens connections."""

    context: MemoryContext

    def open(self, request: TransportRequest) -> Response:
        self.context.requests.append(request)
        name = urlsplit(request.url).path.removeprefix("/")
        if name not in self.context.contents:
            raise TransportError("nothing is there", where=request.url)
        interruptions = self.context.interruptions.get(name, [])
        interruption = interruptions.pop(0) if interruptions else None
        return _Content(self.context.contents[name], request, interruption)


class _Content(Response):
    def __init__(
        self, content: bytes, request: TransportRequest, interruption: Callable[[], None] | None
    ) -> None:
        self.size = len(content)
        self.validator = hashlib.sha256(content).hexdigest()
        self.start = request.start if request.validator in (None, self.validator) else 0
        self._content = content
        self._position = self.start
        self._interruption = interruption

    def read(self, size: int) -> bytes:
        if self._interruption is not None and self._position >= len(self._content) // 2:
            self._interruption()
        stop = self._position + min(size, PIECE)
        piece = self._content[self._position : stop]
        self._position += len(piece)
        return piece

    def close(self) -> None:
        """Nothing is open."""
