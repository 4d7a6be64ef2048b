"""What servers do to a content on its way, though nothing is asked for.

Some compress it, which is undone. Others call a file that is stored compressed "encoded",
since its name ends with ``.gz``: there nothing is to be undone. The two look alike, so for
such a name the content decides (RFC 9110, section 8.4; Apache's AddEncoding).

These are codings of the content. Those of the transfer (RFC 9112, section 6.1) are undone by
the standard library, which knows one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from datamaestro.errors import TransportError

__all__ = [
    "AsStored",
    "Body",
    "Unzipped",
    "body_of",
    "coding_of",
    "is_stored_compressed",
    "refuse_transfer_codings",
]

GZIP = frozenset({"gzip", "x-gzip"})
NO_CODINGS = frozenset(
    {"", "identity", "none", "binary", "7bit", "8bit", "aws-chunked"}
    | {"utf-8", "utf8", "us-ascii", "iso-8859-1"}
)
"""What stands in the place of codings and is none: encodings of characters, of mail, of uploads."""

GZIP_MAGIC = b"\x1f\x8b"
WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS

COMPRESSED_NAMES = frozenset({".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".z", ".br"})
"""What the names of files that are stored compressed end with, in lower case."""

LOOKED_AT = 1 << 16
"""How many bytes of a body are looked at, at the most, to know what it is."""

Read = Callable[[int], bytes]
"""Gives up to that many bytes of what the server sends; none at the end."""


class AsStored:
    """A body that is what the server holds.

    :param read: gives what the server sends
    :param beginning: what it has sent already
    """

    def __init__(self, read: Read, beginning: bytes = b"") -> None:
        self._read = read
        self._beginning = beginning

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes; none at the end."""
        if not self._beginning:
            return self._read(size)
        given, self._beginning = self._beginning[:size], self._beginning[size:]
        return given


class Unzipped:
    """A body that was compressed with gzip on its way.

    :param read: gives what the server sends
    :param where: the URL, for messages
    """

    def __init__(self, read: Read, where: str) -> None:
        self._read = read
        self._where = where
        self._member: Any = None
        self._packed = b""

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes; none at the end.

        :raises TransportError: if it isn't gzip, or ends early
        """
        while True:
            packed = self._packed or self._read(size)
            if self._member is None:
                if not packed:
                    return b""
                self._member = zlib.decompressobj(WITH_GZIP_HEADER)
            try:
                data: bytes = self._member.decompress(packed, size)
            except zlib.error as error:
                raise self._broken(str(error)) from error
            self._packed = self._member.unused_data or self._member.unconsumed_tail
            if self._member.eof:
                self._member = None
            elif not packed and not data:
                raise self._broken("its gzip encoding ends early")
            if data:
                return data

    def _broken(self, problem: str) -> TransportError:
        return TransportError(f"the transfer broke off: {problem}", where=self._where, retry=True)


Body = AsStored | Unzipped


def coding_of(value: str | None) -> str | None:
    """Give what a Content-Encoding names; None if that is nothing.

    >>> coding_of(" X-Gzip "), coding_of("gzip, br"), coding_of("UTF-8"), coding_of(None)
    ('x-gzip', 'gzip, br', None, None)
    """
    named = [item.strip().lower() for item in (value or "").split(",")]
    return ", ".join(item for item in named if item not in NO_CODINGS) or None


def is_stored_compressed(*urls: str, filename: str = "") -> bool:
    """Tell whether a file is stored compressed, by the names that it has.

    :param urls: what has its name at the end of the path, or as a part of the query
    :param filename: what the server calls it, if it does

    >>> is_stored_compressed("https://host/a.csv.GZ?x=1"), is_stored_compressed("https://host/a")
    (True, False)
    >>> is_stored_compressed("https://host/get?file=a.csv.gz&raw=1")
    True
    """
    names = [filename]
    for parts in map(urlsplit, urls):
        names += [parts.path, *chain(*parse_qsl(parts.query, keep_blank_values=True))]
    suffixes = {PurePosixPath(name).suffix.lower() for name in names}
    return not suffixes.isdisjoint(COMPRESSED_NAMES)


def body_of(read: Read, coding: str | None, where: str, *, stored_compressed: bool) -> Body:
    """Give the body of an answer, as the server holds it.

    :param coding: what the server says to have done to it
    :param where: the URL, for messages
    :param stored_compressed: whether its names tell that it was compressed before
    :raises TransportError: if that can't be undone, or the transfer breaks off
    """
    if coding is None:
        return AsStored(read)
    if coding not in GZIP:
        if stored_compressed:
            return AsStored(read)
        raise TransportError(
            "the server sends the file in an encoding that nobody asked for",
            where=where,
            expected="the file as it is",
            found=f"Content-Encoding: {coding}",
        )
    if not stored_compressed:
        return Unzipped(read, where)
    beginning, holds_gzip = _look(read)
    stored = AsStored(read, beginning)
    return Unzipped(stored.read, where) if holds_gzip else stored


def refuse_transfer_codings(named: Sequence[str], where: str) -> None:
    """Refuse a body that isn't undone as its server says, so that its framing would be stored.

    :param named: the Transfer-Encoding fields of the answer. The standard library undoes chunks if
        the first of them says that, and nothing else, letter by letter; servers behind others
        repeat it
    :param where: the URL, for messages
    :raises TransportError: if they say anything else
    """
    if {value.lower() for value in named} not in (set(), {"chunked"}, {"identity"}):
        raise TransportError(
            "the server transfers the file in a way that can't be undone",
            where=where,
            expected="Transfer-Encoding: chunked, or none",
            found=f"Transfer-Encoding: {', '.join(named)}",
        )


def _look(read: Read) -> tuple[bytes, bool]:
    """Read the beginning of what is said to be gzip; tell whether gzip is in it once more."""
    beginning, inner = b"", b""
    while len(inner) < len(GZIP_MAGIC) and len(beginning) < LOOKED_AT:
        piece = read(LOOKED_AT)
        beginning += piece
        try:
            inner = zlib.decompressobj(WITH_GZIP_HEADER).decompress(beginning, len(GZIP_MAGIC))
        except zlib.error:
            break
        if not piece:
            break
    return beginning, inner == GZIP_MAGIC
