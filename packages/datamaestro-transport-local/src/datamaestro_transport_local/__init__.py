"""Local transports: ``file:`` URLs, and ``package:`` for files that a distribution ships."""

from datamaestro_transport_local.transports import FileTransport, PackageTransport

__all__ = ["FileTransport", "PackageTransport"]
