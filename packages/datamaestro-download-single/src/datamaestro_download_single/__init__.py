"""Handlers for single files."""

from datamaestro_download_single.handlers import (
    ConcatDownloader,
    FileDownloader,
    concatdownload,
    filedownloader,
)

__all__ = ["ConcatDownloader", "FileDownloader", "concatdownload", "filedownloader"]
