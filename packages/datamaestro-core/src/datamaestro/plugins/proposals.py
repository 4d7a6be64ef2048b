"""How plugins recognize what ``create-dataset`` has fetched.

A ``HandlerSpec`` and a ``DataTypeSpec`` may name a function, ``recognize``. That of a
handler looks at a download, and proposes the resource that makes something of it::

    def recognize(download: Candidate, folder: Path) -> ResourceProposal | None:
        if not download.head().startswith(b"RAR!"):
            return None
        unpack(download.path, folder / "data")
        return ResourceProposal("my_package:RarDownloader", "data", folder / "data")

That of a data type looks at the file or folder that a resource ends as::

    def recognize(candidate: Candidate) -> ValueProposal | None:
        if not candidate.head().startswith(b"\\x89HDF"):
            return None
        return ValueProposal("my_package:HDF5", certainty=Certainty.PROVEN)

None says that it is something else; for a data type, so does a `DataFormatError`. Of
several proposals the most certain one is taken.
"""

from __future__ import annotations

import codecs
import enum
import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Candidate", "Certainty", "ResourceProposal", "ValueProposal"]

HEAD = 1 << 16
GZIP = b"\x1f\x8b"
NOT_TEXT = frozenset(range(32)) - frozenset(b"\t\n\f\r")


class Certainty(enum.IntEnum):
    """How much speaks for a proposal."""

    POSSIBLE = 1
    """Nothing speaks against it."""

    LIKELY = 2
    """All that was looked at fits."""

    PROVEN = 3
    """Nothing else looks like this."""


@dataclass(frozen=True)
class Candidate:
    """A file or a folder that is to be recognized.

    :param path: where it lies
    :param name: what its publisher calls it
    """

    path: Path
    name: str

    def head(self, size: int = HEAD) -> bytes:
        """Give its first bytes, decompressed if it is gzip; none of a folder."""
        if self.path.is_dir():
            return b""
        with self.path.open("rb") as file:
            compressed = file.read(len(GZIP)) == GZIP
        try:
            with gzip.open(self.path) if compressed else self.path.open("rb") as content:
                return content.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return b""

    def encoding(self) -> str | None:
        """Give the encoding of its text, ``utf-8`` or else ``latin-1``; None if it isn't text."""
        head = self.head()
        if not head or not NOT_TEXT.isdisjoint(head):
            return None
        try:
            # A character may be cut off at the end of what was read.
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"


@dataclass(frozen=True)
class ResourceProposal:
    """A resource that makes something of a download.

    Its class takes a name, the URL and, as keywords, ``size`` and ``sha256``.

    :param target: its class, ``"module:attribute"``, as definitions import it
    :param name: its first parameter
    :param path: what it made of the download
    :param options: its further parameters
    :param certainty: how much speaks for it
    """

    target: str
    name: str
    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    certainty: Certainty = Certainty.LIKELY


@dataclass(frozen=True)
class ValueProposal:
    """A data type for a file or a folder.

    :param target: its class, ``"module:attribute"``, as definitions import it
    :param parameters: those that the content tells, besides ``path``
    :param certainty: how much speaks for it
    """

    target: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    certainty: Certainty = Certainty.LIKELY
