"""Decompressors that Python doesn't come with, or not every Python.

The extras ``gzip`` and ``zstd`` of ``datamaestro-core`` install them. Each is imported when it is
first needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gzip import GzipFile

__all__ = ["Decompressor", "fastest_gzip", "zstandard", "zstandard_decompressor"]


class Decompressor(Protocol):
    """What decompresses one stream, piece by piece, as those of the standard library do."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more is given before further bytes are taken."""

    @property
    def unused_data(self) -> bytes:
        """What came after the stream's end."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        """Take further bytes, and give up to `max_length` decompressed ones."""


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


def zstandard_decompressor() -> Decompressor:
    """Make what decompresses one stream of Zstandard, also one of ``zstd --long=31``.

    :raises ImportError: as :func:`zstandard`
    """
    zstd = zstandard()
    options = {zstd.DecompressionParameter.window_log_max: 31}
    decompressor: Decompressor = zstd.ZstdDecompressor(options=options)
    return decompressor
