"""Paths as users write them."""

from __future__ import annotations

import os
from pathlib import Path

from datamaestro.errors import SettingsError

__all__ = ["absolute"]


def absolute(path: str | os.PathLike[str]) -> Path:
    """Give a path that may begin with ``~``, or be relative, as an absolute one.

    :raises SettingsError: if there is no such user, or the working directory is gone
    """
    try:
        return Path(path).expanduser().absolute()
    except (RuntimeError, FileNotFoundError) as error:
        raise SettingsError(
            f"this path leads nowhere: {error}", expected="that of a folder", found=str(path)
        ) from error
