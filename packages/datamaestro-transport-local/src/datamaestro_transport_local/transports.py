"""Opening what lies on this machine.

``file:`` URLs are those of RFC 8089. ``package:NAME/PATH`` is the file at ``PATH``
in the installed import package ``NAME``; dots in ``NAME`` lead to subpackages.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from datamaestro.download import Response, Transport, TransportRequest
from datamaestro.errors import TransportError

__all__ = ["FileTransport", "PackageTransport"]


class _LocalResponse(Response):
    """An open file; its content is identified by its size and time of change."""

    def __init__(self, file: BinaryIO, start: int, size: int, validator: str) -> None:
        self._file = file
        self.start = start
        self.size = size
        self.validator = validator

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


def _open(path: Path, request: TransportRequest) -> Response:
    try:
        file = path.open("rb")
        status = path.stat()
    except OSError as error:
        raise TransportError(
            f"can't be read: {error.strerror}", where=request.url, found=path
        ) from error
    validator = f"{status.st_size}-{status.st_mtime_ns}"
    unchanged = request.validator in (None, validator) and request.start <= status.st_size
    start = request.start if unchanged else 0
    file.seek(start)
    return _LocalResponse(file, start, status.st_size, validator)


class FileTransport(Transport):
    """Opens ``file:`` URLs."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        parts = urlsplit(request.url)
        if parts.netloc not in ("", "localhost"):
            raise TransportError(
                "a file: URL names another machine",
                where=request.url,
                expected="file:///path",
                found=parts.netloc,
            )
        return _open(Path(url2pathname(parts.path)), request)


class PackageTransport(Transport):
    """Opens ``package:`` URLs."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        package, _, path = unquote(urlsplit(request.url).path).partition("/")
        if not package or not path or ".." in path.split("/"):
            raise TransportError(
                "not a package: URL", where=request.url, expected="package:NAME/PATH"
            )
        try:
            folder = importlib.resources.files(package)
        except ModuleNotFoundError as error:
            raise TransportError(
                f"the package {package} isn't installed", where=request.url
            ) from error
        # The file may be in a zip archive that Python imports from: as_file unpacks it.
        with importlib.resources.as_file(folder / path) as file:
            return _open(file, request)
