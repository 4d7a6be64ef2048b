"""Handlers for files and folders that the user has already.

What is here is imported when it is first asked for: whoever lists plugins needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from datamaestro.lazy import lazily

if TYPE_CHECKING:
    from datamaestro.utils import GlobChecker
    from datamaestro_download_datafolder.handlers import linkfile, linkfolder, links

__all__ = ["GlobChecker", "linkfile", "linkfolder", "links"]


__getattr__, __dir__ = lazily(
    __name__,
    {".handlers": ("linkfile", "linkfolder", "links"), "datamaestro.utils": ("GlobChecker",)},
)
