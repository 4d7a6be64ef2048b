"""Recognizing downloads that are single files, as any can be."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from datamaestro.plugins import Candidate, Certainty, ResourceProposal
from datamaestro_download_single.compression import START_SIZE, compression_of
from datamaestro_download_single.limits import Limit

__all__ = ["recognize"]


def recognize(download: Candidate, folder: Path) -> ResourceProposal:
    """Propose to keep the file, decompressed if its name and its content say so."""
    compression = compression_of(download.name)
    name, path = download.name, download.path
    if compression is not None:
        with download.path.open("rb") as file:
            if compression.begins(file.peek(START_SIZE)):
                name = PurePosixPath(name).with_suffix("").name
                path = folder / name
                with path.open("wb") as plain:
                    compression.decompress(file, plain, download.name, Limit())
    return ResourceProposal(
        "datamaestro.download.single:FileDownloader",
        name.lstrip(".") or "data",
        path,
        certainty=Certainty.POSSIBLE,
    )
