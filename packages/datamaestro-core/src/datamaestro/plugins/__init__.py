"""Everything that the author of a plugin imports.

``hookimpl`` marks the hooks of `datamaestro.plugins.hookspecs` that a plugin
implements; the descriptors are what they return. Proposals are what a plugin's
functions give that recognize files.
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
