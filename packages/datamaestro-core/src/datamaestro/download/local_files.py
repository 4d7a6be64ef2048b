"""Opening files of this machine, as transports do; ``file:`` URLs are those of RFC 8089."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from datamaestro.disk.freshness import settled
from datamaestro.download.transport import Response, Transport, TransportRequest
from datamaestro.errors import TransportError

__all__ = ["FileTransport", "open_file", "path_alone"]


class FileTransport(Transport):
    """Opens ``file:`` URLs."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        parts = path_alone(request.url)
        if parts.netloc not in ("", "localhost"):
            raise TransportError(
                "a file: URL names another machine",
                where=request.url,
                expected="file:///path",
                found=parts.netloc,
            )
        if parts.path[:1] != "/":
            raise TransportError(
                "a file: URL has an absolute path", where=request.url, expected="file:///path"
            )
        return open_file(_local_path(parts.path), request)


def _local_path(path: str) -> Path:
    """Give the path that stands in a ``file:`` URL, as :meth:`Path.as_uri` has written it."""
    if sys.platform == "win32":
        from urllib.request import url2pathname

        return Path(url2pathname(path))
    # Not url2pathname: it takes names for UTF-8, and since Python 3.14 a second slash for a host's.
    return Path(os.fsdecode(unquote_to_bytes(path)))


class _LocalResponse(Response):
    """An open file; its size and time of change identify its content, once that is at rest."""

    def __init__(
        self,
        file: BinaryIO,
        url: str,
        start: int,
        size: int,
        validator: str | None,
        held: ExitStack,
    ) -> None:
        self._file = file
        self._url = url
        self._held = held
        self.start = start
        self.size = size
        self.validator = validator

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise _unreadable(self._url, self._file.name, error) from error

    def close(self) -> None:
        self._file.close()
        self._held.close()


def path_alone(url: str) -> SplitResult:
    """Take apart a URL that names a file by its path alone.

    :raises TransportError: if there is more: what it names would be another file
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise TransportError(
            f"a {parts.scheme}: URL has no query and no fragment",
            where=url,
            expected="%3F for ?, and %23 for #, where they belong to a name",
        )
    return parts


def open_file(path: Path, request: TransportRequest, holding: ExitStack | None = None) -> Response:
    """Open a file: from a request's start on, if it still is what the request asks for.

    :param holding: what keeps the file there; it is taken over, and closed with the response
    :raises TransportError: if it isn't a regular file, or can't be read
    """
    try:
        # A pipe is never opened: that waits until somebody writes to it.
        file = path.open("rb") if stat.S_ISREG(path.stat().st_mode) else None
    except (OSError, ValueError) as error:  # a NUL
        raise _unreadable(request.url, path, error) from error
    if file is None:
        raise TransportError("not a file", where=request.url, expected="a regular file", found=path)
    status = os.fstat(file.fileno())  # another file may have got that name since
    seen = status.st_mtime_ns, status.st_size
    validator = f"{status.st_size}-{status.st_mtime_ns}" if settled(seen) == seen else None
    unchanged = request.validator in (None, validator) and request.start <= status.st_size
    start = request.start if unchanged else 0
    file.seek(start)
    held = ExitStack() if holding is None else holding.pop_all()
    return _LocalResponse(file, request.url, start, status.st_size, validator, held)


def _unreadable(url: str, path: object, error: OSError | ValueError) -> TransportError:
    reason = error.strerror if isinstance(error, OSError) else error
    return TransportError(f"can't be read: {reason}", where=url, found=path)
