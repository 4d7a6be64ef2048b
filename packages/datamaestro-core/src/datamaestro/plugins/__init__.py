"""Everything that the author of a plugin imports.

``hookimpl`` marks the hooks of `datamaestro.plugins.hookspecs` that a plugin
implements; the descriptors are what they return.
"""

from __future__ import annotations

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

__all__ = [
    "DataTypeSpec",
    "EncoderSpec",
    "HandlerSpec",
    "PrepareRequest",
    "RepositorySpec",
    "TransportSpec",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    # Only plugins need it, and with it pluggy: not what reads what they told before.
    if name == "hookimpl":
        from datamaestro.plugins.hookspecs import hookimpl

        return hookimpl
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
