"""Everything that the author of a plugin imports.

``hookimpl`` marks the hooks of `datamaestro.plugins.hookspecs` that a plugin
implements; descriptors, whose names end in ``Spec``, are what hooks return. A plugin's
functions that recognize files for ``create-dataset`` return proposals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro.plugins.descriptors import (
        DataTypeSpec,
        EncoderSpec,
        HandlerSpec,
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
    from datamaestro.plugins.request import PrepareRequest

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

# Imported when a plugin asks for them: reading what plugins told before needs none of them.
__getattr__, __dir__ = lazily(
    __name__,
    {
        ".descriptors": (
            "DataTypeSpec",
            "EncoderSpec",
            "HandlerSpec",
            "RepositorySpec",
            "TransportSpec",
        ),
        ".hookspecs": ("hookimpl",),
        ".proposals": ("Candidate", "Certainty", "ResourceProposal", "ValueProposal"),
        ".request": ("PrepareRequest",),
    },
)
