"""When a dataset was last used: the time of change of an empty file in its folder.

Setting a time takes some microseconds, no lock, and never changes the state
file. A user who may not write there leaves no trace, and gets no error.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from datamaestro.disk.sharing import share

__all__ = ["USED", "last_use", "note_use"]

USED = ".used"


def note_use(folder: Path) -> None:
    """Note that the dataset in `folder` is used now, where that can be noted."""
    marker = folder / USED
    with suppress(OSError):
        try:
            os.utime(marker)
        except FileNotFoundError:
            _leave(marker)
        except PermissionError:  # it is a colleague's, and only they may change it
            marker.unlink()
            _leave(marker)


def _leave(marker: Path) -> None:
    marker.touch()
    share(marker)


def last_use(folder: Path) -> datetime | None:
    """Give when the dataset in `folder` was last used, if that was noted."""
    try:
        return datetime.fromtimestamp((folder / USED).stat().st_mtime, UTC)
    except OSError:
        return None
