"""Local transports: ``file:`` URLs, and ``package:`` for files that a distribution ships.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_transport_local.transports import FileTransport, PackageTransport

__all__ = ["FileTransport", "PackageTransport"]

__getattr__, __dir__ = lazily(__name__, {".transports": ("FileTransport", "PackageTransport")})
