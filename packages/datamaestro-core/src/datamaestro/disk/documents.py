"""Documents on disk, which something else may have written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["ABSENT", "DAMAGED", "read_json", "read_toml"]

ABSENT = (FileNotFoundError, NotADirectoryError, PermissionError)
"""The errors of a document that isn't there, or not for this user.

After any other `OSError` nothing is known: the disk or the network fails, at this moment or not.
"""

DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""The errors of a document that was written by something else, in part, or wrongly."""


def read_json(path: Path) -> Any:
    """Give what the JSON file at `path` says.

    :raises OSError: if it can't be read
    :raises ValueError: if it isn't JSON, or is nested too deeply to be meant
    """
    import json

    return _parsed(json.loads, path.read_text(encoding="utf-8-sig"))


def read_toml(path: Path) -> dict[str, Any]:
    """Give what the TOML file at `path` says; raises as :func:`read_json`."""
    # Imported here, since most runs read none.
    import tomllib

    document: dict[str, Any] = _parsed(tomllib.loads, path.read_text(encoding="utf-8-sig"))
    return document


def _parsed(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
