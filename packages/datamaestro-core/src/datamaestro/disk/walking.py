"""What is in a folder and below."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["walk"]


def walk(folder: str | os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
    """Give what is in a folder and below, what a folder holds before the folder itself."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from walk(entry.path)
            yield entry
