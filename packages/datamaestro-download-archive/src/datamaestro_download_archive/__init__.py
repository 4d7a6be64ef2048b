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

__getattr__ = lazily(
    __name__,
    {
        "ArchiveDownloader": "datamaestro_download_archive.handlers",
        "ArchiveError": "datamaestro_download_archive.errors",
        "ArchiveFolder": "datamaestro_download_archive.folder",
        "ArchiveLimitError": "datamaestro_download_archive.errors",
        "ArchiveMember": "datamaestro_download_archive.handlers",
        "DamagedArchiveError": "datamaestro_download_archive.errors",
        "EncryptedArchiveError": "datamaestro_download_archive.errors",
        "Limits": "datamaestro_download_archive.limits",
        "MemberNotFoundError": "datamaestro_download_archive.errors",
        "TarDownloader": "datamaestro_download_archive.handlers",
        "UnsafeArchiveError": "datamaestro_download_archive.errors",
        "UnsupportedArchiveError": "datamaestro_download_archive.errors",
        "ZipDownloader": "datamaestro_download_archive.handlers",
        "tardownloader": "datamaestro_download_archive.handlers",
        "zipdownloader": "datamaestro_download_archive.handlers",
    },
)


def __dir__() -> list[str]:
    return __all__
