"""Everything that the author of a plugin imports.

``hookimpl`` marks the hooks of `datamaestro.plugins.hookspecs` that a plugin
implements; the descriptors are what they return.
"""

from datamaestro.plugins.descriptors import (
    DataTypeSpec,
    EncoderSpec,
    HandlerSpec,
    PrepareRequest,
    RepositorySpec,
    TransportSpec,
)
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
