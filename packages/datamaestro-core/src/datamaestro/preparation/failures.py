"""What becomes of the failures of single resources: one error about all of them."""

from __future__ import annotations

from datamaestro.errors import (
    DataFormatError,
    DatamaestroError,
    DownloadError,
    OfflineError,
    VerificationError,
)

__all__ = ["GOES_ON", "together"]

GOES_ON = (VerificationError, DataFormatError, DownloadError, OfflineError)
"""Failures of one resource after which the others are made all the same."""

TOLD = 10
"""How many failures an error tells of one by one."""


def together(dataset_id: str, failures: list[DatamaestroError]) -> DatamaestroError:
    """Make one error of all failures of a run; wrong bytes are the worst news."""
    if len(failures) == 1:
        return failures[0]
    worst = next(item for kind in GOES_ON for item in failures if isinstance(item, kind))
    hints = {item.hint for item in failures}
    told = [item.told(hint=len(hints) > 1) for item in failures[:TOLD]]
    more = len(failures) - len(told)
    return type(worst)(
        f"{len(failures)} resources can't be made",
        where=dataset_id,
        found=" | ".join(told + ([f"and {more} more"] if more else [])),
        hint=worst.hint if len(hints) == 1 else None,
    )
