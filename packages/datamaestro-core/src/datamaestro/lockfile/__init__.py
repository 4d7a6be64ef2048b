"""Lock files: which bytes datasets are made of, written down so that others get the same.

>>> from datamaestro.lockfile import Lock, lock_datasets, prepare_frozen, prepare_locked
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro.lockfile.lock import Lock
    from datamaestro.lockfile.locked import LockedDataset, LockedDownload, LockedResource
    from datamaestro.lockfile.preparing import prepare_frozen, prepare_locked
    from datamaestro.lockfile.writing import lock_datasets

__all__ = [
    "Lock",
    "LockedDataset",
    "LockedDownload",
    "LockedResource",
    "lock_datasets",
    "prepare_frozen",
    "prepare_locked",
]

# Imported when they are first used: whoever reads a lock file shouldn't pay for preparing.
__getattr__, __dir__ = lazily(
    __name__,
    {
        ".lock": ("Lock",),
        ".locked": ("LockedDataset", "LockedDownload", "LockedResource"),
        ".preparing": ("prepare_frozen", "prepare_locked"),
        ".writing": ("lock_datasets",),
    },
)
