"""How much an archive may unpack to.

A few hundred bytes can unpack to petabytes: by high compression, by entries that
share their bytes, or by archives within archives. Limits hold before a byte
is written, where the archive declares sizes, and again on the bytes that come.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from datamaestro.expansion import ALLOWANCE, RATIO
from datamaestro_download_archive.errors import ArchiveLimitError, shown

__all__ = ["Budget", "Limits"]

TIB = 1 << 40


class Limits(NamedTuple):
    """What an archive may unpack to, all archives within it included.

    The defaults let pass every honest data set that we know of.

    :param size: bytes in all selected files
    :param ratio: bytes that one compressed byte may unpack to, once more than
        `allowance` bytes have been unpacked
    :param allowance: bytes that may be unpacked before `ratio` counts
    :param members: the number of members, and of the folders above them that have to be made
    :param nesting: how many archives may lie within one another below the outermost
    """

    size: int = 4 * TIB
    ratio: int = RATIO
    allowance: int = ALLOWANCE
    members: int = 10_000_000
    nesting: int = 3

    def raised_to(self, max_size: int | None) -> Limits:
        """Give the limits of a resource whose author says how many bytes it may have.

        Up to that size any ratio is fine, since the author knows of it; a size below
        the usual allowance is a limit as well.
        """
        if max_size is None:
            return self
        return self._replace(size=max_size, allowance=max(max_size, self.allowance))


class Budget:
    """What is left of the limits while an archive is unpacked, and those within it.

    :param limits: the limits
    :param archive: the archive, for messages
    """

    def __init__(self, limits: Limits, archive: str) -> None:
        self.limits = limits
        self.archive = archive
        self.members = 0
        self.size = 0
        self._is_inner = False
        self._packed = 0  # bytes of the outermost archive
        self._unpacked = 0  # what they became, holes not included
        self._holes = 0

    def within(self, archive: str) -> Budget:
        """Give the budget of an archive that lies within this one: what is left of it."""
        inner = copy(self)
        inner.archive = archive
        inner._is_inner = True
        return inner

    def take_over(self, inner: Budget) -> None:
        """Count what an archive within this one has used."""
        self.members, self.size = inner.members, inner.size
        self._unpacked, self._holes = inner._unpacked, inner._holes

    def add_members(self, count: int) -> None:
        """Count members.

        :raises ArchiveLimitError: if they are too many
        """
        self.members += count
        if self.members > self.limits.members:
            raise ArchiveLimitError(
                "the archive has too many members",
                where=self.archive,
                expected=f"at most {self.limits.members}",
                found=f"{self.members} or more",
                hint="split it, or unpack it by hand if you trust it",
            )

    def add_size(self, name: str, size: int) -> None:
        """Count the bytes that the member `name` unpacks to.

        :raises ArchiveLimitError: if they are too many
        """
        self.size += size
        if self.size > self.limits.size:
            raise ArchiveLimitError(
                f"the archive unpacks to too much, with member {shown(name)}",
                where=self.archive,
                expected=f"at most {self.limits.size} bytes",
                found=f"{self.size} or more",
                hint="raise max_size= if you trust it",
            )

    def add_unpacked(self, packed: int, unpacked: int) -> None:
        """Count bytes of the archive, and the bytes that came out of them.

        Those of an archive that lies within another have come out of that: what counts is
        how many more they have become.

        :raises ArchiveLimitError: if they are those of a bomb
        """
        if self._is_inner:
            unpacked -= packed
        else:
            self._packed += packed
        self._unpacked += unpacked
        self._check_ratio(self._packed, self._unpacked)

    def add_holes(self, holes: int, stored: int) -> None:
        """Count zeros that a member of a tar has, and the tar hasn't.

        :param stored: bytes of that member in the tar, which may have yet to come
        :raises ArchiveLimitError: if they are those of a bomb, with all before them
        """
        self._holes += holes
        to_come = 0 if self._is_inner else stored
        self._check_ratio(self._packed + to_come, self._unpacked + to_come + self._holes)

    def _check_ratio(self, packed: int, unpacked: int) -> None:
        if unpacked > self.limits.allowance + self.limits.ratio * packed:
            raise ArchiveLimitError(
                "the archive unpacks to far more than its own size",
                where=self.archive,
                expected=f"at most {self.limits.ratio} bytes for each, beyond "
                f"{self.limits.allowance}",
                found=f"{unpacked} bytes from {packed}",
                hint="raise max_size= if you trust it",
            )
