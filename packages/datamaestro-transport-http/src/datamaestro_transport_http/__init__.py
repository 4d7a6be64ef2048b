"""The transport for ``http:`` and ``https:`` URLs."""

from datamaestro_transport_http.transport import HttpTransport

__all__ = ["HttpTransport"]
