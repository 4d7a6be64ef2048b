"""Small tools for definitions and plugins: checks of finished files, digests, sizes."""

from __future__ import annotations

from datamaestro.checkers import Checker, FileChecker, GlobChecker, HashCheck, valid_checker
from datamaestro.disk.digests import CHUNK_SIZE, file_digests, tree_digest
from datamaestro.sizes import parse_size

__all__ = [
    "CHUNK_SIZE",
    "Checker",
    "FileChecker",
    "GlobChecker",
    "HashCheck",
    "file_digests",
    "parse_size",
    "tree_digest",
    "valid_checker",
]
