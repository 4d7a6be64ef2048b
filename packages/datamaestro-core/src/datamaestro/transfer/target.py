"""What a transfer writes to before it is whole: a file to go on from later, or memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from datamaestro.disk.sharing import share
from datamaestro.download.transport import Response

__all__ = [
    "Content",
    "InMemory",
    "NextUrl",
    "Resumable",
    "StartOver",
    "TransferTarget",
    "write_all",
]


class NextUrl(Exception):  # noqa: N818  (not an error, but an order)
    """What was made from a download is void: make it again, from what the next URL gives."""


class StartOver(Exception):  # noqa: N818  (not an error, but an order)
    """The chunks that were given are void: read the content again, from its beginning.

    What is there of it is of no use; whoever follows the order removes it.
    """


class Resumable(NamedTuple):
    """What is there of a content, to go on from.

    :param length: how many bytes; 0 if they are of no use
    :param validator: what identified the content that they are of
    :param size: the size of all of it, if it was told
    """

    length: int = 0
    validator: str | None = None
    size: int | None = None


class Content(Protocol):
    """An open file, or something like one."""

    def seek(self, offset: int, /) -> int:
        """Go to an offset."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes from there."""

    def write(self, data: Any, /) -> int:
        """Write some of the data there, and tell how many bytes that were."""


class TransferTarget(Protocol):
    """The content of one transfer, as far as it has come.

    :ivar folder: the folder that errors of writing it name
    """

    folder: Path

    def take_over(self) -> None:
        """Take what an interrupted transfer of the same URL left; leave what is of no use."""

    def resumable(self) -> Resumable:
        """Give what is there of the URL's content."""

    def begin(self, response: Response) -> None:
        """Begin with no bytes, of what a response is about to give."""

    def check_room(self, count: int) -> None:
        """Check that there is room for `count` further bytes."""

    def open(self) -> AbstractContextManager[Content]:
        """Open it, to read what is there and write what comes."""

    def finish(self, destination: Path) -> None:
        """Put it, which is whole, at `destination`."""

    def remove(self) -> None:
        """Forget it."""


class InMemory:
    """A content so small that it's quicker to get it again than to leave it for a later run.

    :param folder: where it's going to be used
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._content = BytesIO()
        self._validator: str | None = None
        self._size: int | None = None

    def take_over(self) -> None:
        """Take nothing: nothing was left."""

    def resumable(self) -> Resumable:
        """Give what has come."""
        if self._validator is None:
            return Resumable()
        return Resumable(len(self._content.getvalue()), self._validator, self._size)

    def begin(self, response: Response) -> None:
        """Begin with no bytes."""
        self._content = BytesIO()
        self._validator, self._size = response.validator, response.size

    def check_room(self, count: int) -> None:
        """Check nothing: so little has room in memory."""

    def open(self) -> AbstractContextManager[BytesIO]:
        """Give the content, which leaving the block doesn't close."""
        return nullcontext(self._content)

    def finish(self, destination: Path) -> None:
        """Write it to a new file at `destination`."""
        with destination.open("xb", buffering=0) as file:
            share(destination)
            # Not getbuffer: if an error holds on to it, collecting garbage fails in Python 3.13,
            # and crashes in 3.12. This isn't a copy either.
            write_all(file, self._content.getvalue())

    def remove(self) -> None:
        """Forget the bytes."""
        self._content = BytesIO()


def write_all(file: Content, data: bytes | memoryview) -> None:
    """Write all of `data` to an unbuffered file: one call may write only part of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
