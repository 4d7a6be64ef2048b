"""Other processes that are at work in the same place, as happens where locks fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from datamaestro.disk.refusals import is_too_long
from datamaestro.errors import DataDirectoryError

__all__ = ["Disturbed", "is_loss"]


_OF_LOSSES = (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR)
"""The last two come from network file systems that notice late that a folder is gone."""


class Disturbed(Exception):  # noqa: N818  (not an error, but an order)
    """Another process was at work in the same place, and a file got lost: begin again.

    :param error: what to raise where nothing is begun again
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def is_loss(error: OSError, folders: Iterable[Path]) -> bool:
    """Tell whether another process's clean-up may have caused an error.

    It may have if the error is about something in `folders` that is gone, exists unexpectedly, or
    is a folder that isn't empty.
    """
    reason = error.__cause__ if isinstance(error, DataDirectoryError) else error
    if not isinstance(reason, OSError) or reason.errno not in _OF_LOSSES or is_too_long(reason):
        return False
    if not isinstance(reason.filename, str | bytes):
        return True
    path = Path(os.fsdecode(reason.filename)).resolve()
    return any(path.is_relative_to(folder.resolve()) for folder in folders)
