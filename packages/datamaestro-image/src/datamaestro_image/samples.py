"""What images say about the files that they are made of, for tests."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro_image.data import AnnotatedImages, ImagesByFolder, LabelledImages
from datamaestro_image.views import Column, Transposed

if TYPE_CHECKING:
    from datamaestro.testing import Sampling

__all__ = ["annotated", "by_folder", "column", "labelled", "transposed"]

SIDE = 28
CLASSES = 2


def labelled(value: LabelledImages, sampling: Sampling) -> None:
    """Write square images, and a label for each."""
    sampling.write(value.images, shape=(sampling.rows, SIDE, SIDE))
    sampling.write(value.labels, shape=(sampling.rows,))


def annotated(value: AnnotatedImages, sampling: Sampling) -> None:
    """Write the table first: labels may be one of its columns."""
    sampling.write(value.annotations, shape=(sampling.rows, len(value.columns)))
    labelled(value, sampling)


def column(value: Column, sampling: Sampling) -> None:
    """Write a table that has the column."""
    sampling.write(value.table, shape=(sampling.rows, value.index + 1))


def transposed(value: Transposed, sampling: Sampling) -> None:
    """Write images whose rows are stored as columns."""
    if sampling.shape is not None:
        count, height, width = sampling.shape
        sampling.write(value.stored, shape=(count, width, height))


def by_folder(value: ImagesByFolder, sampling: Sampling) -> None:
    """Write images, PNG files of one pixel, in folders of classes."""
    source = sampling.random(value)
    for number in range(CLASSES):
        folder = value.path.joinpath(*(f"class{number}" for _ in range(value.depth)))
        folder.mkdir(parents=True)
        for image in range(sampling.rows):
            _write_png(folder / f"{image}.png", source.randrange(256))


def _write_png(path: Path, gray: int) -> None:
    """Write an image of one pixel; format: ISO/IEC 15948, section 5."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes([0, gray]))),
        (b"IEND", b""),
    )
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        content += struct.pack(">I", len(data)) + name + data + checksum
    path.write_bytes(content)
