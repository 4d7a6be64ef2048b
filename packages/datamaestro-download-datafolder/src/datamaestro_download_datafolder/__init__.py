"""Handlers for files and folders that the user has already."""

from datamaestro_download_datafolder.handlers import linkfile, linkfolder, links

__all__ = ["linkfile", "linkfolder", "links"]
