"""Handlers for single files.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro_download_single.handlers import (
        ConcatDownloader,
        FileDownloader,
        concatdownload,
        filedownloader,
    )

__all__ = ["ConcatDownloader", "FileDownloader", "concatdownload", "filedownloader"]

__getattr__, __dir__ = lazily(__name__, {".handlers": __all__})
