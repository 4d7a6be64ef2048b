"""Whether files are still those that were looked at: by their times and sizes.

A file that was changed right before it was looked at may be changed again without
getting another time: it is taken for changed until it has come to rest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

__all__ = ["NEVER", "Stamp", "settled", "stamp", "unchanged"]

Stamp = tuple[int, int] | None
"""The time of the last change in nanoseconds and the size; None for what isn't there."""

NEVER: Stamp = (-1, -1)
"""What no file has."""

RESTING = 2_000_000_000
"""Nanoseconds from a change until a file is at rest: the coarsest clocks tick every 2 s."""


def stamp(path: str) -> Stamp:
    """Look at a file or a folder. A folder changes when something is put into it."""
    try:
        status = os.stat(path)  # noqa: PTH116  (a search does this for each module)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def settled(seen: Stamp) -> Stamp:
    """Give what to remember of a file that was looked at just now."""
    if seen is not None and 0 <= time.time_ns() - seen[0] < RESTING:
        return NEVER
    return seen


def unchanged(remembered: Mapping[str, Stamp]) -> bool:
    """Tell whether all files are as they were."""
    return all(stamp(path) == seen for path, seen in remembered.items())
