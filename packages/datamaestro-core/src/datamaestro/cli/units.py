"""Sizes and times, as people read them."""

from __future__ import annotations

from datetime import datetime

__all__ = ["size_text", "time_text"]


def size_text(count: int) -> str:
    """Give a number of bytes in decimal units: ``54.9 MB``."""
    import humanize

    return humanize.naturalsize(count).replace("Byte", "byte")


def time_text(time: datetime | None) -> str:
    """Give a time in the local zone, in ISO 8601 to the minute; a dash for none."""
    return "-" if time is None else time.astimezone().isoformat(" ", timespec="minutes")
