"""Handlers for single files; shipped by ``datamaestro-download-single``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-download-single", package="datamaestro_download_single"):
    from datamaestro_download_single import (
        ConcatDownloader,
        FileDownloader,
        concatdownload,
        filedownloader,
    )

SingleDownload = FileDownloader
"""What version 1 calls it too."""

__all__ = ["ConcatDownloader", "FileDownloader", "concatdownload", "filedownloader"]
