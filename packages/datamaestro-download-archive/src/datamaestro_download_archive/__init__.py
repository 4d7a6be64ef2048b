"""Archives: zip and tar, unpacked into folders, or read in place.

Definitions import from ``datamaestro.download.archive``. What is here is imported
when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
        TarDownloader,
        ZipDownloader,
        tardownloader,
        zipdownloader,
    )
    from datamaestro_download_archive.limits import Limits
    from datamaestro_download_archive.single import ArchiveMember

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

_MODULES = {
    "ArchiveDownloader": "handlers",
    "ArchiveFolder": "folder",
    "ArchiveMember": "single",
    "Limits": "limits",
    "TarDownloader": "handlers",
    "ZipDownloader": "handlers",
    "tardownloader": "handlers",
    "zipdownloader": "handlers",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
