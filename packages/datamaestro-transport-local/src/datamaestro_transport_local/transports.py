"""Opening what lies on this machine.

``file:`` URLs are those of RFC 8089. ``package:NAME/PATH`` is the file at ``PATH``
in the installed import package ``NAME``; dots in ``NAME`` lead to subpackages. Neither
has a query or a fragment.
"""

from __future__ import annotations

import importlib.resources
import importlib.util
from contextlib import ExitStack
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from datamaestro.download import Response, Transport, TransportRequest
from datamaestro.download.local_files import FileTransport, open_file, path_alone
from datamaestro.errors import TransportError

__all__ = ["FileTransport", "PackageTransport"]


class PackageTransport(Transport):
    """Opens ``package:`` URLs."""

    network = False

    def open(self, request: TransportRequest) -> Response:
        package, _, path = unquote(path_alone(request.url).path).partition("/")
        if not all(part.isidentifier() for part in package.split(".")) or not _is_inside(path):
            raise TransportError(
                "not a package: URL", where=request.url, expected="package:NAME/PATH"
            )
        with ExitStack() as unpacked:
            # The file may be in a zip archive that Python imports from: as_file unpacks it, and
            # removes it at the end, which Windows refuses while it is open.
            found = importlib.resources.as_file(_folder(package, request.url) / path)
            try:
                path_here = unpacked.enter_context(found)
            except OSError as error:
                raise TransportError("can't be unpacked", where=request.url, found=error) from error
            return open_file(path_here, request, unpacked)


def _is_inside(path: str) -> bool:
    """Tell whether a path leads to something below a folder, whatever the system."""
    kinds = PurePosixPath(path), PureWindowsPath(path)
    return bool(path) and not any(kind.anchor or ".." in kind.parts for kind in kinds)


def _folder(package: str, url: str) -> Traversable:
    """Give the folder of an installed package.

    :raises TransportError: if there is none, or if it can't be imported
    """
    try:
        spec = importlib.util.find_spec(package)
        # For a module that isn't a package, some versions of Python give the folder that it is in.
        if spec is not None and spec.submodule_search_locations is not None:
            return importlib.resources.files(package)
    except Exception as error:  # its own code runs, and that of the packages that it is in
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if not f"{package}.".startswith(f"{missing}.") and package != "__main__":
            raise TransportError(
                f"the package {package} can't be imported", where=url, found=repr(error)
            ) from error
    raise TransportError(f"the package {package} isn't installed", where=url)
