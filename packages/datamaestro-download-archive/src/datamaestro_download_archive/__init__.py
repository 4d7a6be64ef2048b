"""Archives: zip and tar, unpacked into folders, or read in place.

Definitions import from ``datamaestro.download.archive``. What is here is imported
when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_download_archive.errors import (
        ArchiveError,
        ArchiveLimitError,
        DamagedArchiveError,
        EncryptedArchiveError,
        MemberNotFoundError,
        UnsafeArchiveError,
        UnsupportedArchiveError,
    )
    from datamaestro_download_archive.folder import ArchiveFolder
    from datamaestro_download_archive.handlers import (
        ArchiveDownloader,
        ArchiveMember,
        TarDownloader,
        ZipDownloader,
        tardownloader,
        zipdownloader,
    )
    from datamaestro_download_archive.limits import Limits

__all__ = [
    "ArchiveDownloader",
    "ArchiveError",
    "ArchiveFolder",
    "ArchiveLimitError",
    "ArchiveMember",
    "DamagedArchiveError",
    "EncryptedArchiveError",
    "Limits",
    "MemberNotFoundError",
    "TarDownloader",
    "UnsafeArchiveError",
    "UnsupportedArchiveError",
    "ZipDownloader",
    "tardownloader",
    "zipdownloader",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        ".errors": (
            "ArchiveError",
            "ArchiveLimitError",
            "DamagedArchiveError",
            "EncryptedArchiveError",
            "MemberNotFoundError",
            "UnsafeArchiveError",
            "UnsupportedArchiveError",
        ),
        ".folder": ("ArchiveFolder",),
        ".handlers": (
            "ArchiveDownloader",
            "ArchiveMember",
            "TarDownloader",
            "ZipDownloader",
            "tardownloader",
            "zipdownloader",
        ),
        ".limits": ("Limits",),
    },
)
