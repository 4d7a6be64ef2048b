"""Extended headers of tar archives: what they say about the member that follows them.

Formats: as `tar_header`.
"""

from __future__ import annotations

from datamaestro_download_archive.errors import (
    DamagedArchiveError,
    UnsafeArchiveError,
    UnsupportedArchiveError,
    damaged,
    shown,
)
from datamaestro_download_archive.feed import Feed
from datamaestro_download_archive.tar_header import BLOCK, name_of, number, parse_records

__all__ = ["Extensions", "unsound"]

LONGEST_EXTENSIONS = 1 << 20
"""Bytes of all extended headers before one member: they are kept in memory."""

MOST_EXTENSIONS = 16
"""Extended headers before one member: five are more than any program writes."""

_NAMELESS_RECORDS = frozenset({"path", "linkpath", "size"})


class Extensions:
    """What extended headers say about the member that follows them.

    :param feed: the archive's bytes, decompressed
    :ivar long_name: GNU's long name
    :ivar long_target: GNU's long target of a link
    :ivar records: those of pax, in their order
    :ivar values: the last value of each keyword in them
    :ivar are_global: whether they are about no member in particular, so that none need follow
    """

    def __init__(self, feed: Feed) -> None:
        self.long_name: bytes | None = None
        self.long_target: bytes | None = None
        self.records: list[tuple[str, bytes]] = []
        self.values: dict[str, bytes] = {}
        self.are_global = True
        self._feed = feed
        self._count = 0
        self._size = 0

    def read(self, block: bytes) -> None:
        """Read one extended header.

        :param block: its first block; the others are taken from the feed
        :raises ArchiveError: if it is damaged, of an unknown kind, or names all members alike
        """
        self._count += 1
        archive = self._feed.archive
        size = number(block[124:136], "size", archive)
        kind = chr(block[156])
        if kind not in "LKxXg":
            raise UnsupportedArchiveError(
                f"member {shown(name_of(block))} is of a kind that isn't supported",
                where=archive,
                expected="files, folders and links",
                found=f"type {kind!r}",
                hint="pack it again with a current tar",
            )
        self._size += size
        if self._size > LONGEST_EXTENSIONS or self._count > MOST_EXTENSIONS:
            found = f"{self._size} bytes in {self._count} headers"
            raise unsound(self._feed, "extended headers are too long", found)
        data = self._feed.take(-(-size // BLOCK) * BLOCK)
        if len(data) < size:
            raise self._feed.cut_off("the rest of an extended header")
        self._add(kind, data[:size])

    def _add(self, kind: str, data: bytes) -> None:
        if kind == "g":
            self._refuse_global_names(parse_records(data, self._feed.archive))
            return
        self.are_global = False
        if kind == "L":
            self.long_name = data
        elif kind == "K":
            self.long_target = data
        else:
            records = parse_records(data, self._feed.archive)
            self.records += records
            self.values.update(records)

    def _refuse_global_names(self, records: list[tuple[str, bytes]]) -> None:
        """Let pass what global headers are for: comments. One name for all is a trap."""
        for keyword, _ in records:
            if keyword in _NAMELESS_RECORDS or keyword.startswith("GNU.sparse"):
                raise UnsafeArchiveError(
                    f"refused: a global header gives every member the same {keyword}",
                    where=self._feed.archive,
                    hint="nothing was kept; get the archive from a source you trust",
                )


def unsound(feed: Feed, message: str, found: str) -> DamagedArchiveError:
    """Make the error about a header that can't be one."""
    return damaged(
        feed.archive,
        message,
        expected=f"a sound tar header before byte {feed.offset}",
        found=found,
    )
