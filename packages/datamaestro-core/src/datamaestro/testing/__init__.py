"""A kit for the tests of plugins and datasets.

Installing datamaestro gives pytest the fixtures of `datamaestro.testing.fixtures`.
What is here is imported when it is first asked for: only the contracts need pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro.testing.contracts.format import FormatContract
    from datamaestro.testing.contracts.handler import HandlerContract
    from datamaestro.testing.contracts.repository import RepositoryContract
    from datamaestro.testing.contracts.transport import TransportContract
    from datamaestro.testing.distribution import write_distribution
    from datamaestro.testing.loopback import LoopbackContext
    from datamaestro.testing.memory import MemoryContext
    from datamaestro.testing.mock import MockContext
    from datamaestro.testing.reading import exercise
    from datamaestro.testing.samples import Sampling
    from datamaestro.testing.server import FileServer, Request

__all__ = [
    "FileServer",
    "FormatContract",
    "HandlerContract",
    "LoopbackContext",
    "MemoryContext",
    "MockContext",
    "RepositoryContract",
    "Request",
    "Sampling",
    "TransportContract",
    "exercise",
    "write_distribution",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        ".contracts.format": ("FormatContract",),
        ".contracts.handler": ("HandlerContract",),
        ".contracts.repository": ("RepositoryContract",),
        ".contracts.transport": ("TransportContract",),
        ".distribution": ("write_distribution",),
        ".loopback": ("LoopbackContext",),
        ".memory": ("MemoryContext",),
        ".mock": ("MockContext",),
        ".reading": ("exercise",),
        ".samples": ("Sampling",),
        ".server": ("FileServer", "Request"),
    },
)
