"""Which errors may be about wrong bytes: what reads them may be anyone's code."""

from __future__ import annotations

from datamaestro.errors import DataFormatError, DatamaestroError, VerificationError
from datamaestro.transfer.target import StartOver

__all__ = ["may_be_of_bytes"]


def may_be_of_bytes(error: Exception) -> bool:
    """Tell whether wrong bytes may be why their reader failed, whichever library that uses."""
    if isinstance(error, OSError):
        return error.errno is None  # of no system call, as gzip's
    if isinstance(error, DataFormatError | VerificationError):
        return True
    return not isinstance(error, DatamaestroError | StartOver | MemoryError)
