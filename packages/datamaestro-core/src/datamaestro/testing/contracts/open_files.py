"""What a process has open, where the system tells."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Mapping

__all__ = ["left_open", "open_files"]

PATIENCE = 3.0
"""Seconds for the other end of a connection, a server in this process, to notice."""

Identity = tuple[int, int]


def open_files() -> dict[int, Identity]:
    """Give what is open, by the numbers of the files; nothing on Windows, which doesn't tell."""
    found = {}
    for name in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():  # noqa: PTH112, PTH208
        try:
            status = os.fstat(int(name))
        except OSError:  # the listing's own
            continue
        found[int(name)] = (status.st_dev, status.st_ino)
    return found


def left_open(before: Mapping[int, Identity]) -> list[int]:
    """Give the numbers of the files that are open now and were not.

    What waits for Python to collect it counts as closed.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        gc.collect()
        found = [item for item in open_files().items() if item not in before.items()]
        if not found or time.monotonic() > deadline:
            return [number for number, _ in found]
        time.sleep(0.05)
