"""Paths as users write them."""

from __future__ import annotations

import os
from pathlib import Path

from datamaestro.errors import SettingsError

__all__ = ["absolute", "expanded"]


def absolute(path: str | os.PathLike[str]) -> Path:
    """Give a path that may begin with ``~``, or be relative, as an absolute one.

    :raises SettingsError: as :func:`expanded`, or if the working directory is gone
    """
    try:
        return expanded(path).absolute()
    except FileNotFoundError as error:
        raise _leads_nowhere(path, error) from error


def expanded(path: str | os.PathLike[str]) -> Path:
    """Give a path that may begin with ``~``, with a user's home in the place of that.

    :raises SettingsError: if there is no such user, or no home, or if it is an empty text, as
        a variable gives that isn't set
    """
    if os.fspath(path) == "":
        raise _leads_nowhere(path, "it is empty")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise _leads_nowhere(path, error) from error


def _leads_nowhere(path: str | os.PathLike[str], reason: object) -> SettingsError:
    return SettingsError(
        f"this path leads nowhere: {reason}",
        expected="one that is there",
        found=os.fspath(path) or "nothing",
    )
