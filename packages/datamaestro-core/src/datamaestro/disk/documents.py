"""Documents on disk, which something else may have written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["read_json", "read_toml"]


def read_json(path: Path) -> Any:
    """Give what the JSON file at `path` says.

    :raises OSError: if it can't be read
    :raises ValueError: if it isn't JSON, or is nested too deeply to be meant
    """
    import json

    return _parsed(json.loads, path.read_text(encoding="utf-8"))


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
