"""Recognizing Parquet files."""

from __future__ import annotations

from datamaestro.plugins import Candidate, Certainty, ValueProposal
from datamaestro_format_parquet.table import Parquet

__all__ = ["recognize"]

MAGIC = b"PAR1"


def recognize(candidate: Candidate) -> ValueProposal | None:
    """Propose `Parquet` for a file that begins and ends as one.

    :raises DataFormatError: if it only begins as one
    """
    if candidate.head(len(MAGIC)) != MAGIC:
        return None
    Parquet(path=candidate.path).columns()
    return ValueProposal("datamaestro_format_parquet:Parquet", certainty=Certainty.PROVEN)
