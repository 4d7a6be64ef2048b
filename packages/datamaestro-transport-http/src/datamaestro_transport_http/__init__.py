"""The transport for ``http:`` and ``https:`` URLs.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_transport_http.transport import HttpTransport

__all__ = ["HttpTransport"]

__getattr__, __dir__ = lazily(__name__, {".transport": ("HttpTransport",)})
