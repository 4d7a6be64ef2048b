"""What single files look like before they are downloaded, for mock data."""

from __future__ import annotations

from pathlib import Path

from datamaestro_download_single.compression import compression_of
from datamaestro_download_single.handlers import ConcatDownloader, FileDownloader

__all__ = ["pack_file", "pack_parts"]


def pack_file(resource: FileDownloader, path: Path) -> list[bytes]:
    """Compress a file as its URL says."""
    content = path.read_bytes()
    return [content if resource.compression is None else resource.compression.compress(content)]


def pack_parts(resource: ConcatDownloader, path: Path) -> list[bytes]:
    """Cut a file into as many parts as are downloaded, each compressed as its URL says."""
    content = path.read_bytes()
    count = len(resource.sources)
    packed = []
    for number, source in enumerate(resource.sources):
        part = content[number * len(content) // count : (number + 1) * len(content) // count]
        compression = compression_of(source.filename)
        packed.append(part if compression is None else compression.compress(part))
    return packed
