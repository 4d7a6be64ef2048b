"""Decompressors behind one interface: ``decompress(data, limit)``, ``eof``, ``unused_data``.

Deflate is ISA-L's where there is a build of it (three times as fast as zlib), and
zlib's elsewhere. Neither is imported before something has to be inflated.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from typing import Any, cast

from datamaestro.decompressors import (
    Decompressor,
    xz_decompressor,
    zstandard,
    zstandard_decompressor,
)

__all__ = ["crc32", "decompression_errors", "deflate", "new_decompressor"]


class _Zlib:
    """zlib behind the interface that all the others have."""

    def __init__(self, wbits: int) -> None:
        self._stream = zlib.decompressobj(wbits)
        self._tail = b""
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        data = self._stream.decompress(self._tail + data, max(max_length, 0))
        self._tail = self._stream.unconsumed_tail
        self.eof = self._stream.eof
        self.unused_data = self._stream.unused_data
        self.needs_input = not self._tail and len(data) != max_length
        return data


@functools.cache
def _deflate_makers() -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Give the functions that make decompressors of bare deflate and of gzip."""
    try:
        from isal.igzip_lib import DECOMP_DEFLATE, DECOMP_GZIP, IgzipDecompressor
    except ImportError:  # no build for this processor
        return functools.partial(_Zlib, -15), functools.partial(_Zlib, 31)
    return (
        functools.partial(IgzipDecompressor, DECOMP_DEFLATE),
        functools.partial(IgzipDecompressor, DECOMP_GZIP),
    )


@functools.cache
def crc32() -> Callable[..., int]:
    """Give the fastest CRC-32 there is."""
    try:
        from isal.isal_zlib import crc32 as fastest
    except ImportError:
        return zlib.crc32
    return fastest  # type: ignore[no-any-return, unused-ignore]


def deflate() -> Callable[[], Decompressor]:
    """Give the function that makes decompressors of bare deflate."""
    return _deflate_makers()[0]


def new_decompressor(compression: str) -> Decompressor:
    """Make a decompressor of gzip, bzip2, xz or zstd."""
    if compression == "gzip":
        decompressor: Decompressor = _deflate_makers()[1]()
        return decompressor
    if compression == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    if compression == "xz":
        return xz_decompressor()
    return zstandard_decompressor()


@functools.cache
def decompression_errors() -> tuple[type[Exception], ...]:
    """Give the errors that decompressors raise for bytes that they can't decompress."""
    import lzma

    errors: list[type[Exception]] = [zlib.error, lzma.LZMAError, EOFError, ValueError, OSError]
    try:
        from isal.igzip_lib import IsalError
    except ImportError:
        pass
    else:
        errors.append(cast(type[Exception], IsalError))  # its stub says it is an instance
    errors.append(zstandard().ZstdError)
    return tuple(errors)
