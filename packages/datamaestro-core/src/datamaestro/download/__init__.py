"""What a dataset is prepared from.

Handlers that plugins ship derive from the classes here; the documented import
paths of those handlers (``datamaestro.download.single`` and its like) are
modules beside this one.
"""

from typing import TYPE_CHECKING, Any

from datamaestro.download.combine import FilesCopy, reference
from datamaestro.download.derivation import Derivation, Joined, Member, Unpacked
from datamaestro.download.resource import Resource, ValueResource
from datamaestro.download.source import Source
from datamaestro.download.stored import FileResource, FolderResource, StoredResource
from datamaestro.download.transport import Response, SourceFacts, Transport, TransportRequest
from datamaestro.download.variation import byvariant
from datamaestro.earlier import GONE, gone

__all__ = [
    "Derivation",
    "FileResource",
    "FilesCopy",
    "FolderResource",
    "Joined",
    "Member",
    "Resource",
    "Response",
    "Source",
    "SourceFacts",
    "StoredResource",
    "Transport",
    "TransportRequest",
    "Unpacked",
    "ValueResource",
    "byvariant",
    "reference",
]

if not TYPE_CHECKING:  # checkers know what is there without it

    def __getattr__(name: str) -> Any:
        full = f"{__name__}.{name}"
        raise gone(full) if full in GONE else AttributeError(f"no attribute {full}", name=name)
