"""Recognizing IDX files."""

from __future__ import annotations

from datamaestro.plugins import Candidate, Certainty, ValueProposal
from datamaestro_format_idx.tensor import IDX

__all__ = ["recognize"]


def recognize(candidate: Candidate) -> ValueProposal | None:
    """Propose `IDX` for a file whose header fits its length.

    :raises DataFormatError: if the file is something else
    """
    if candidate.head(2) != b"\0\0":
        return None
    IDX(path=candidate.path).data()
    return ValueProposal("datamaestro.data.tensor:IDX", certainty=Certainty.PROVEN)
