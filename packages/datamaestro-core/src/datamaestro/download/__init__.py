"""What a dataset is prepared from.

Handlers that plugins ship derive from the classes here; the documented import
paths of those handlers (``datamaestro.download.single`` and its like) are
modules beside this one.
"""

from typing import TYPE_CHECKING

from datamaestro.download.combine import FilesCopy, reference
from datamaestro.download.derivation import Derivation, Joined, Member, Unpacked
from datamaestro.download.resource import Resource, ValueResource
from datamaestro.download.source import Source
from datamaestro.download.stored import FileResource, FolderResource, StoredResource
from datamaestro.download.transport import Response, SourceFacts, Transport, TransportRequest
from datamaestro.download.variation import byvariant
from datamaestro.earlier import refusing

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
    __getattr__ = refusing(__name__)
