"""Local transports: ``file:`` URLs, and ``package:`` for files that a distribution ships.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datamaestro_transport_local.transports import FileTransport, PackageTransport

__all__ = ["FileTransport", "PackageTransport"]

_MODULES = {"FileTransport": "transports", "PackageTransport": "transports"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
