"""Decompressors that Python doesn't come with, or not every Python.

The extras ``gzip`` and ``zstd`` of ``datamaestro-core`` install them. Each is imported when it is
first needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gzip import GzipFile

__all__ = ["fastest_gzip", "zstandard"]


def fastest_gzip() -> tuple[Callable[..., GzipFile], type[Exception]]:
    """Give the class that reads gzip the fastest, and the error that it raises for damaged data.

    ISA-L is used where it is installed: it takes a third of the time of zlib for 500 MB. It reads
    half a megabyte at once.
    """
    try:
        from isal import igzip
    except ImportError:  # not installed, or no build for this processor
        import gzip
        import zlib

        return gzip.GzipFile, zlib.error
    library: Any = igzip
    return library.IGzipFile, library.igzip_lib.IsalError


def zstandard() -> Any:
    """Give the module for Zstandard: the standard library's from Python 3.14 on, or its backport.

    :raises ImportError: if that isn't installed
    """
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
