"""Sizes as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

from datamaestro.errors import QueryError

__all__ = ["LARGEST", "parse_size"]

LARGEST = 2**63 - 1
"""What file systems and databases count sizes up to, in bytes."""

_SIZE = r"(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgtp])(i)?)?b?"


def parse_size(text: str) -> int:
    """Read a size as people write it, in bytes.

    Units are powers of 1000, or with an ``i`` of 1024; ``B`` may be left out.

    :raises QueryError: if it can't be read

    >>> parse_size("1.2 GB"), parse_size("12K"), parse_size("1.5 MiB"), parse_size("42")
    (1200000000, 12000, 1572864, 42)
    """
    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    if match is None:
        raise QueryError("not a size", expected="a number and a unit: 1.2 GB", found=repr(text))
    number, unit, binary = match.groups()
    exponent = 0 if unit is None else "kmgtp".index(unit.lower()) + 1
    factor: int = (1024 if binary else 1000) ** exponent
    size = round(Decimal(number) * factor)
    if size > LARGEST:
        raise QueryError("no file is that large", expected=f"{LARGEST} B or less", found=repr(text))
    return size
