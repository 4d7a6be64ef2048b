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
            return open_file(unpacked.enter_context(found), request, unpacked)


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
