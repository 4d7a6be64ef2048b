"""Files that may be under gzip (RFC 1952), as formats read them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from datamaestro.decompressors import fastest_gzip
from datamaestro.errors import DataFormatError

__all__ = ["decompressing", "is_gzip"]

_MAGIC = b"\x1f\x8b"


def is_gzip(file: BinaryIO) -> bool:
    """Tell by its first bytes whether an open file is under gzip; it stands at its beginning."""
    file.seek(0)
    start = file.read(len(_MAGIC))
    file.seek(0)
    return start == _MAGIC


@contextmanager
def decompressing(
    file: BinaryIO, path: Path, *, beginning: bool = False
) -> Iterator[gzip.GzipFile]:
    """Open what a file under gzip holds, whatever that is, from its beginning.

    :param path: where the file lies, for messages
    :param beginning: whether only some first bytes are needed; what follows them may be
        damaged
    :raises DataFormatError: in the block, if the bytes aren't sound gzip data
    """
    opener, damage = (gzip.GzipFile, zlib.error) if beginning else fastest_gzip()
    file.seek(0)
    try:
        with opener(fileobj=file) as plain:
            yield plain
    except (EOFError, gzip.BadGzipFile, zlib.error, damage) as error:
        raise DataFormatError(
            "damaged gzip data",
            where=path,
            found=error,
            hint="the file may be a partial copy",
        ) from error
