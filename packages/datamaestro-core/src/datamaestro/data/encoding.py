"""Values as JSON: what ``datamaestro prepare`` prints."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from datamaestro.data import Base

__all__ = ["to_json"]


def to_json(value: Any) -> Any:
    """Turn a dataset's value into what :func:`json.dumps` takes.

    A data type becomes an object of its parameters; those that are None are left
    out, and only the outermost object tells its ``id``, at the end. Paths become text.

    :raises TypeError: for a value of a type that has no such form
    """
    encoded = _encode(value)
    if isinstance(value, Base) and value.id is not None:
        encoded["id"] = value.id
    return encoded


def _encode(value: Any) -> Any:
    if isinstance(value, Base):
        parameters = value._parameters().items()
        return {
            name: _encode(item) for name, item in parameters if name != "id" and item is not None
        }
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(name): _encode(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    if isinstance(value, set | frozenset):  # whose own order differs from run to run
        return sorted(map(_encode, value), key=json.dumps)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a {type(value).__qualname__} has no form in JSON: {value!r:.80}")
