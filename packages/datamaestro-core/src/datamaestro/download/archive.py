"""Archives, unpacked or read in place; shipped by ``datamaestro-download-archive``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-download-archive", package="datamaestro_download_archive"):
    from datamaestro_download_archive import (
        ArchiveFolder,
        ArchiveMember,
        TarDownloader,
        ZipDownloader,
        tardownloader,
        zipdownloader,
    )

__all__ = [
    "ArchiveFolder",
    "ArchiveMember",
    "TarDownloader",
    "ZipDownloader",
    "tardownloader",
    "zipdownloader",
]
