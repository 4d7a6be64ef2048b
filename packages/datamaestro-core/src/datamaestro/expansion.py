"""How much compressed bytes may expand to: a few hundred of them can become petabytes.

Plugins that decompress have this rule in common. What an author declares with ``max_size=`` may
be that large, however small it was before.
"""

from __future__ import annotations

from typing import Any

from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site

__all__ = ["ALLOWANCE", "RATIO", "checked_max_size"]

ALLOWANCE = 1 << 30
"""Bytes that may come out before `RATIO` counts."""

RATIO = 200
"""Bytes that may come out of each compressed one.

Text comes near 10, sparse tables near 100; deflate can't exceed 1032, bzip2, xz and zstd can.
"""


def checked_max_size(value: Any) -> int | None:
    """Give back the ``max_size`` of a definition.

    :raises DefinitionError: if it isn't a number of bytes
    """
    if value is not None and (type(value) is not int or value < 0):
        raise DefinitionError(
            "max_size isn't a size",
            where=definition_site(),
            expected="a number of bytes",
            found=repr(value),
        )
    return value
