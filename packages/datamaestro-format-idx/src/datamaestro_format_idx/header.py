"""The header of an IDX file: what it says, and whether the file keeps to it.

The format is described at the end of http://yann.lecun.com/exdb/mnist/::

    2 bytes        0, 0
    1 byte         the type of the elements, see `ELEMENT_TYPES`
    1 byte         the number n of dimensions
    n x 4 bytes    the length of each dimension, unsigned, big-endian
    the rest       the elements, big-endian, the last dimension changing fastest
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from datamaestro.errors import DataFormatError

__all__ = ["DIMENSIONS_LIMIT", "ELEMENT_TYPES", "Header", "check_data_size", "read_header"]

ELEMENT_TYPES = {
    0x08: "uint8",
    0x09: "int8",
    0x0B: "int16",
    0x0C: "int32",
    0x0D: "float32",
    0x0E: "float64",
}
"""The name of the element type, by its code."""

ELEMENT_SIZES = {
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "float32": 4,
    "float64": 8,
}
"""Bytes of an element."""

MAGIC_SIZE = 4
LENGTH_SIZE = 4
DIMENSIONS_LIMIT = 32
"""The most dimensions that every supported numpy can hold (numpy 1.26; 2.0 has 64)."""

ADDRESSABLE_BYTES = sys.maxsize


@dataclass(frozen=True)
class Header:
    """The header of an IDX file.

    :param element_type: the name of the element type, such as ``uint8``
    :param shape: the length of each dimension; empty for a scalar
    """

    element_type: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The bytes of the header itself, which is the offset of the elements."""
        return MAGIC_SIZE + LENGTH_SIZE * len(self.shape)

    @property
    def data_size(self) -> int:
        """The bytes of all elements."""
        return math.prod(self.shape) * ELEMENT_SIZES[self.element_type]

    @property
    def description(self) -> str:
        """What the header declares, for messages: ``uint8 60000x28x28``."""
        return f"{self.element_type} {'x'.join(map(str, self.shape)) or 'scalar'}"


def read_header(read: Callable[[int], bytes], where: Path) -> Header:
    """Read a header and check all that can be checked without the elements.

    :param read: gives the next bytes of the file, fewer only at its end
    :param where: the path, for messages
    :raises DataFormatError: if these aren't the first bytes of an IDX file, or if
        numpy could not hold the tensor that they declare
    """
    magic = read(MAGIC_SIZE)
    if len(magic) < MAGIC_SIZE or magic[:2] != b"\0\0":
        raise DataFormatError(
            "not an IDX file: wrong magic number",
            where=where,
            expected="two zero bytes, an element type and a number of dimensions",
            found=magic.hex(" ") or "an empty file",
        )
    element_type = ELEMENT_TYPES.get(magic[2])
    if element_type is None:
        known = ", ".join(f"0x{code:02x} ({name})" for code, name in ELEMENT_TYPES.items())
        raise DataFormatError(
            "unknown element type in the IDX header",
            where=where,
            expected=known,
            found=f"0x{magic[2]:02x}",
        )
    header = Header(element_type, _read_shape(read, magic[3], where))
    _check_addressable(header, where)
    return header


def _read_shape(read: Callable[[int], bytes], dimensions: int, where: Path) -> tuple[int, ...]:
    if dimensions > DIMENSIONS_LIMIT:
        raise DataFormatError(
            "too many dimensions in the IDX header",
            where=where,
            expected=f"at most {DIMENSIONS_LIMIT}",
            found=dimensions,
        )
    lengths = read(LENGTH_SIZE * dimensions)
    if len(lengths) < LENGTH_SIZE * dimensions:
        raise DataFormatError(
            "the file ends inside its IDX header",
            where=where,
            expected=f"{MAGIC_SIZE + LENGTH_SIZE * dimensions} bytes for {dimensions} dimensions",
            found=f"{MAGIC_SIZE + len(lengths)} bytes",
        )
    return tuple(
        int.from_bytes(lengths[start : start + LENGTH_SIZE], "big")
        for start in range(0, len(lengths), LENGTH_SIZE)
    )


def _check_addressable(header: Header, where: Path) -> None:
    # As numpy does, leave zero lengths out: it refuses (0, 2**32 - 1, 2**32 - 1) too.
    lengths = [length for length in header.shape if length]
    if math.prod(lengths) * ELEMENT_SIZES[header.element_type] > ADDRESSABLE_BYTES:
        raise DataFormatError(
            "the dimensions in the IDX header overflow",
            where=where,
            expected=f"a tensor of at most {ADDRESSABLE_BYTES} bytes",
            found=header.description,
        )


def check_data_size(header: Header, found: int, where: Path) -> None:
    """Compare the bytes that follow the header with what it declares.

    :param found: how many bytes there are
    :raises DataFormatError: saying whether bytes are missing or too many
    """
    if found == header.data_size:
        return
    if found < header.data_size:
        problem, hint = "bytes are missing", "the file may be a partial copy"
    else:
        problem = "bytes follow the last element"
        hint = "its header may be damaged, or something was appended: get another copy"
    raise DataFormatError(
        f"{problem}: the size of the file does not fit its IDX header",
        where=where,
        expected=f"{header.data_size} bytes after the header ({header.description})",
        found=f"{found} bytes",
        hint=hint,
    )
