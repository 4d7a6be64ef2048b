"""The files of the cache that are about one source, named by the hash of its preferred URL.

``<hash>.dl`` is the whole, verified download, ``<hash>.rejected`` one whose bytes are not the
declared ones, ``<hash>.json`` the note where they come from, and ``<hash>.lock`` what excludes
others meanwhile. For what is under way see :mod:`datamaestro.transfer.partial`.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from datamaestro.download.source import Source

__all__ = ["CacheEntry", "cache_key"]


def cache_key(source: Source) -> str:
    """Give what the names of all files about a source begin with."""
    return hashlib.sha256(source.url.encode()).hexdigest()


class CacheEntry(NamedTuple):
    """The paths of the files that are about one source; none of them need be there.

    :param folder: the cache
    :param key: what their names begin with
    """

    folder: Path
    key: str

    @classmethod
    def of(cls, source: Source, cache: Path) -> CacheEntry:
        """Give the entry of a source."""
        return cls(cache, cache_key(source))

    @classmethod
    def with_file(cls, path: Path) -> CacheEntry:
        """Give the entry that a file of the cache belongs to.

        Its key is all before the first dot: names of partial downloads go on after it, and those
        of files that are being written begin with another.
        """
        return cls(path.parent, path.name.lstrip(".").partition(".")[0])

    @property
    def whole(self) -> Path:
        """The download, once it is whole and verified."""
        return self.folder / f"{self.key}.dl"

    @property
    def rejected(self) -> Path:
        """A whole download that has other bytes than declared."""
        return self.folder / f"{self.key}.rejected"

    @property
    def note(self) -> Path:
        """What tells where the others come from."""
        return self.folder / f"{self.key}.json"

    @property
    def lock(self) -> Path:
        """The lock that whoever uses the entry holds."""
        return self.folder / f"{self.key}.lock"

    def new_partial(self) -> Path:
        """Give the path of a partial download that no other transfer has."""
        return self.folder / f"{self.key}.{os.urandom(4).hex()}.part"

    def has_partial(self, name: str) -> bool:
        """Tell whether a file of that name is a partial download of this entry."""
        return re.fullmatch(rf"{re.escape(self.key)}\.\w+\.part", name) is not None
