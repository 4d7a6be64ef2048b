"""The contract between the kernel and the plugins that fetch bytes.

A transport opens a URL at an offset, and no more: retrying, resuming,
verifying, trying the next source and writing to disk are the kernel's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Response", "SourceFacts", "Transport", "TransportRequest"]


class TransportRequest(NamedTuple):
    """What the kernel asks of a transport.

    :param url: what to open
    :param start: the first byte that is wanted
    :param validator: what identified the content when the bytes before `start`
        came; with another content, the transport must answer from byte 0
    :param stop: the byte after the last that is wanted, if not all are; a transport
        that can't end early may give more
    """

    url: str
    start: int = 0
    validator: str | None = None
    stop: int | None = None


class Response(ABC):
    """An open transfer; a context manager that closes it.

    :ivar start: the offset of the first byte that :meth:`read` gives: what was asked
        for, or 0 when the content has changed or the server can't start elsewhere
    :ivar size: the number of bytes of the whole content, from byte 0, if it is known
    :ivar validator: what identifies this content as long as it doesn't change (for
        HTTP a strong ETag, or Last-Modified), if the server tells
    :ivar ranges: whether the content can be asked for in several ranges at once
    :ivar media_type: the content's type, such as ``text/html``, if the server tells
    """

    start: int = 0
    size: int | None = None
    validator: str | None = None
    ranges: bool = False
    media_type: str | None = None

    @abstractmethod
    def read(self, size: int) -> bytes:
        """Give up to `size` further bytes as soon as there are any; none at the end.

        :raises TransportError: if the transfer breaks off
        """

    def abort(self) -> None:  # noqa: B027  (what can't be ended is waited for)
        """End a :meth:`read` that another thread is in the middle of, with whatever result.

        Called when nobody wants the content any more; it may come after :meth:`close`, too.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up the connection, or give it back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SourceFacts(NamedTuple):
    """What can be told of a URL without fetching its content.

    :param url: where the content is, after all redirections
    :param size: its number of bytes, if it is known
    :param validator: what identifies it, as in `Response`
    :param media_type: its type, as in `Response`
    """

    url: str
    size: int | None = None
    validator: str | None = None
    media_type: str | None = None


class Transport(ABC):
    """What fetches the bytes of a URL of some scheme.

    A plugin names its class in a ``TransportSpec``. One instance serves one
    context, from several threads.

    :cvar network: whether it opens connections; one that does isn't used offline
    """

    network: ClassVar[bool] = True

    def __init__(self, context: Context) -> None:
        self.context = context

    @abstractmethod
    def open(self, request: TransportRequest) -> Response:
        """Begin a transfer.

        :raises TransportError: if it can't begin; ``retry`` tells whether to try again
        """

    def check(self, url: str) -> SourceFacts:
        """Look whether `url` gives its content, without fetching it.

        By default a transfer is begun and given up; a transport that can ask for less
        does so.

        :raises TransportError: as :meth:`open`
        """
        with self.open(TransportRequest(url)) as response:
            return SourceFacts(url, response.size, response.validator, response.media_type)

    def abort(self, thread: int) -> None:  # noqa: B027  (what can't be ended is waited for)
        """End an :meth:`open` that a thread is in the middle of, with whatever result.

        Called from another thread when nobody wants the content any more.

        :param thread: the identifier of the one that waits
        """

    def close(self) -> None:  # noqa: B027  (nothing to do is a fine default)
        """Give up all connections."""
