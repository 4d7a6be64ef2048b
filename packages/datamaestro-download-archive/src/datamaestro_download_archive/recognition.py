"""Recognizing downloads that are archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from datamaestro.plugins import Candidate, Certainty, ResourceProposal
from datamaestro_download_archive.content import is_zip_file
from datamaestro_download_archive.unpack import Plan, unpack_tar, unpack_zip, without_suffix

__all__ = ["recognize_tar", "recognize_zip"]

MODULE = "datamaestro.download.archive"

TAR_MAGIC = b"ustar"
TAR_MAGIC_OFFSET = 257
"""Of the first header; POSIX.1-2017, section pax, ustar header block."""

Unpack = Callable[[BinaryIO, Path, str, Plan], int | None]


def recognize_zip(download: Candidate, folder: Path) -> ResourceProposal | None:
    """Propose to unpack a zip, or its only file.

    Other formats are zips as well, and their names say so: ``.docx``, ``.npz``.

    :raises ArchiveError: if it can't be unpacked
    """
    if PurePosixPath(download.name).suffix.lower() not in ("", ".zip"):
        return None
    with download.path.open("rb") as file:
        if not is_zip_file(file):
            return None
    return _proposal(download, folder, "ZipDownloader", unpack_zip)


def recognize_tar(download: Candidate, folder: Path) -> ResourceProposal | None:
    """Propose to unpack a tar, bare or compressed, or its only file.

    :raises ArchiveError: if it can't be unpacked
    """
    magic = download.head()[TAR_MAGIC_OFFSET:].startswith(TAR_MAGIC)
    zipped = download.name.lower().endswith(".zip")
    named = without_suffix(download.name) != download.name and not zipped
    return _proposal(download, folder, "TarDownloader", unpack_tar) if magic or named else None


def _proposal(download: Candidate, folder: Path, handler: str, unpack: Unpack) -> ResourceProposal:
    name = without_suffix(download.name).lstrip(".").replace(".", "_") or "data"
    whole = folder / ".whole"  # which no proposed name is, as none begins with a dot
    with download.path.open("rb") as file:
        unpack(file, whole, download.name, Plan(unwrap=False))
    files = [path for path in whole.rglob("*") if path.is_file()]
    if len(files) == 1:
        member = files[0].relative_to(whole).as_posix()
        return ResourceProposal(
            f"{MODULE}:ArchiveMember",
            files[0].name.lstrip("."),
            files[0],
            {"member": member},
            Certainty.PROVEN,
        )
    with download.path.open("rb") as file:
        unpack(file, folder / name, download.name, Plan())
    return ResourceProposal(f"{MODULE}:{handler}", name, folder / name, {}, Certainty.PROVEN)
