"""Numbers of bytes, as people write them."""

from __future__ import annotations

import re

__all__ = ["bytes_of", "in_bytes"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40, "pi": 2**50}
_WRITTEN = ("kB", "MB", "GB", "TB")
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgtp]?i?)(?:b|bytes?)?\s*", re.IGNORECASE)


def bytes_of(text: str) -> int | None:
    """Read a number of bytes, or None if the text is none.

    >>> bytes_of("1.5 GB"), bytes_of("64 KiB"), bytes_of("large")
    (1500000000, 65536, None)
    """
    match = _SIZE.fullmatch(text)
    factor = None if match is None else {**_UNITS, **_BINARY}.get(match[2].lower())
    return None if match is None or factor is None else round(float(match[1]) * factor)


def in_bytes(count: int) -> str:
    """Write a number of bytes for people.

    >>> in_bytes(999), in_bytes(11594722)
    ('999 bytes', '11.6 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    power = min((len(str(count)) - 1) // 3, len(_WRITTEN))
    return f"{count / 1000**power:.1f} {_WRITTEN[power - 1]}"
