"""A kit for the tests of plugins and datasets.

Installing datamaestro gives pytest the fixtures of `datamaestro.testing.fixtures`.
What is here is imported when it is first asked for: only the contracts need pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

_MODULES = {
    "FileServer": "server",
    "FormatContract": "contracts.format",
    "HandlerContract": "contracts.handler",
    "LoopbackContext": "loopback",
    "MemoryContext": "memory",
    "MockContext": "mock",
    "RepositoryContract": "contracts.repository",
    "Request": "server",
    "Sampling": "samples",
    "TransportContract": "contracts.transport",
    "exercise": "reading",
    "write_distribution": "distribution",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
