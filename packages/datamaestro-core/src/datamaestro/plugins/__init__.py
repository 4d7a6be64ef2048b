"""Everything that the author of a plugin imports.

``hookimpl`` marks the hooks of `datamaestro.plugins.hookspecs` that a plugin
implements; the descriptors are what they return. Proposals are what a plugin's
functions give that recognize files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from datamaestro.plugins.descriptors import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    PrepareRequest,
    RepositorySpec,
    TransportSpec,
)

if TYPE_CHECKING:
    from datamaestro.plugins.hookspecs import hookimpl
    from datamaestro.plugins.proposals import (
        Candidate,
        Certainty,
        ResourceProposal,
        ValueProposal,
    )

__all__ = [
    "Candidate",
    "Certainty",
    "DataTypeSpec",
    "EncoderSpec",
    "HandlerSpec",
    "PrepareRequest",
    "RepositorySpec",
    "ResourceProposal",
    "TransportSpec",
    "ValueProposal",
    "hookimpl",
]


_MODULES = {
    "Candidate": "proposals",
    "Certainty": "proposals",
    "ResourceProposal": "proposals",
    "ValueProposal": "proposals",
    "hookimpl": "hookspecs",
}


def __getattr__(name: str) -> Any:
    # Only plugins need these: not what reads what they told before.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
