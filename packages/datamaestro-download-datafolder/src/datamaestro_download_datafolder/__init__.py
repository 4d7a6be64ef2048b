"""Handlers for files and folders that the user has already."""

from datamaestro.utils import GlobChecker
from datamaestro_download_datafolder.handlers import linkfile, linkfolder, links

__all__ = ["GlobChecker", "linkfile", "linkfolder", "links"]
