"""Opening what lies on this machine.

``file:`` URLs are those of RFC 8089. ``package:NAME/PATH`` is the file at ``PATH``
in the installed import package ``NAME``; dots in ``NAME`` lead to subpackages. Neither
has a query or a fragment.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
import stat
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urlsplit
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


def _parts(url: str) -> SplitResult:
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


def _open(path: Path, request: TransportRequest) -> Response:
    try:
        status = path.stat()
        # A pipe is never opened: that waits until somebody writes to it.
        file = path.open("rb") if stat.S_ISREG(status.st_mode) else None
    except OSError as error:
        raise TransportError(
            f"can't be read: {error.strerror}", where=request.url, found=path
        ) from error
    if file is None:
        raise TransportError("not a file", where=request.url, expected="a regular file", found=path)
    validator = f"{status.st_size}-{status.st_mtime_ns}"
    unchanged = request.validator in (None, validator) and request.start <= status.st_size
    start = request.start if unchanged else 0
    file.seek(start)
    return _LocalResponse(file, start, status.st_size, validator)


class FileTransport(Transport):
    """Opens ``file:`` URLs."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        parts = _parts(request.url)
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
        package, _, path = unquote(_parts(request.url).path).partition("/")
        if not all(part.isidentifier() for part in package.split(".")) or not _is_inside(path):
            raise TransportError(
                "not a package: URL", where=request.url, expected="package:NAME/PATH"
            )
        # The file may be in a zip archive that Python imports from: as_file unpacks it.
        with importlib.resources.as_file(_folder(package, request.url) / path) as file:
            return _open(file, request)


def _is_inside(path: str) -> bool:
    """Tell whether a path leads to something below a folder, whatever the system."""
    kinds = PurePosixPath(path), PureWindowsPath(path)
    return bool(path) and not any(kind.anchor or ".." in kind.parts for kind in kinds)


def _folder(package: str, url: str) -> Traversable:
    """Give the folder of an installed package.

    :raises TransportError: if there is none
    """
    try:
        spec = importlib.util.find_spec(package)
    except (ModuleNotFoundError, ValueError):  # of what it is in, or of __main__
        spec = None
    # Of a module that is no package, some versions of Python give the folder that it is in.
    if spec is None or spec.submodule_search_locations is None:
        raise TransportError(f"the package {package} isn't installed", where=url)
    return importlib.resources.files(package)
