"""A quick look at many member names at once: whether none needs a closer one."""

from __future__ import annotations

import os

__all__ = ["LONGEST_PART", "WINDOWS", "are_all_plain"]

LONGEST_PART = 255
"""Bytes of one part of a name, in UTF-8: what ext4, APFS, NTFS and XFS hold at the most."""

WINDOWS = os.name == "nt"

_ORDINARY_BYTES = bytes(set(range(32, 127)) - set(b"\\:"))
_AT_SLASHES = bytes.maketrans(b"/", b"\n")


def are_all_plain(names: list[bytes]) -> bool:
    """Tell quickly whether all names are certainly safe: ASCII, and nothing unusual.

    A few scans over all of them take a hundredth of what a look at each would.
    """
    if WINDOWS or not names:
        return not names
    text = b"\n" + b"\n".join(names) + b"\n"
    parts = text.replace(b"/\n", b"\n").translate(_AT_SLASHES)  # a folder's slash ends no part
    return (
        text.translate(None, _ORDINARY_BYTES) == b"\n" * (len(names) + 1)
        and not any(sign in parts for sign in (b"..", b"\n.", b"\n\n"))
        and max(map(len, names)) <= LONGEST_PART
    )
