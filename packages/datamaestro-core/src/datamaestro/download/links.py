"""Handlers for what the user has already; shipped by ``datamaestro-download-datafolder``."""

from datamaestro.facade import shipped_by

with shipped_by("datamaestro-download-datafolder", package="datamaestro_download_datafolder"):
    from datamaestro_download_datafolder import GlobChecker, linkfile, linkfolder, links

__all__ = ["GlobChecker", "linkfile", "linkfolder", "links"]
