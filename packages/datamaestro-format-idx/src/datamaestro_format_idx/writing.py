"""Writing IDX files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.disk.files import replacing
from datamaestro.errors import DataDirectoryError, ParameterError
from datamaestro.utils import CHUNK_SIZE
from datamaestro_format_idx.header import DIMENSIONS_LIMIT, ELEMENT_TYPES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["write_idx"]

LENGTH_LIMIT = 2**32


def write_idx(
    path: str | os.PathLike[str], array: ArrayLike, dtype: DTypeLike | None = None
) -> None:
    """Write an array as an IDX file: the inverse of `IDX.data`.

    The file appears whole or not at all: it is written beside, flushed to disk and
    moved into place. No copy of the array is made.

    :param path: where to; a file that is there is replaced
    :param array: of uint8, int8, int16, int32, float32 or float64, in any byte order
        and memory layout, with at most 32 dimensions, each shorter than 2**32
    :param dtype: the type to convert the numbers to first, if they have another; an integer
        type has to hold its values, whose fractions are cut off
    :raises ParameterError: if the format, or that type, can't hold such an array
    :raises DataDirectoryError: if the file can't be written
    """
    values = _converted(array, dtype)
    code = _type_code(values)
    _check_shape(values.shape)
    start = bytes([0, 0, code, values.ndim])
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    target = Path(path)
    try:
        with replacing(target) as file:
            file.write(start + lengths)
            for piece in _pieces(values):
                file.write(piece)
    except OSError as error:  # names a temporary file
        raise DataDirectoryError(
            "the file can't be written",
            where=target,
            expected="the path of a file, in a folder that is there and can be written",
            found=error.strerror or error,
        ) from error


def _converted(array: ArrayLike, dtype: DTypeLike | None) -> NDArray[Any]:
    import numpy as np

    try:
        given = np.asarray(array)
        wanted = given.dtype if dtype is None else np.dtype(dtype)
        if np.ma.isMaskedArray(array):
            raise TypeError("masked values")
        if given.dtype != wanted and given.dtype.kind not in "biuf":
            raise TypeError(f"elements of {given.dtype}")
        if wanted.kind in "iu" and given.size and not np.can_cast(given.dtype, wanted):
            # numpy takes what is too large for it modulo, and NaN for any number.
            low, high = given.min().item(), given.max().item()
            if not np.iinfo(wanted).min <= low <= high <= np.iinfo(wanted).max:
                raise ValueError(f"values from {low} to {high}, and {wanted} can't hold them")
        with np.errstate(over="ignore"):  # it becomes an error below
            converted = given.astype(wanted, copy=False)
        if wanted.kind == "f" and wanted != given.dtype:
            lost = np.isfinite(given) & ~np.isfinite(converted)
            if lost.any():
                raise ValueError(f"values that are infinite as {wanted}")
        return converted
    except (OverflowError, TypeError, ValueError) as error:
        raise ParameterError(
            "the array can't be converted",
            expected="an array of real numbers, all within the type's limits",
            found=error,
        ) from error


def _type_code(values: NDArray[Any]) -> int:
    for code, name in ELEMENT_TYPES.items():
        if values.dtype.newbyteorder("=") == name:
            return code
    raise ParameterError(
        "IDX files can't hold elements of this type",
        expected=", ".join(ELEMENT_TYPES.values()),
        found=values.dtype,
        hint="convert the array with array.astype(...)",
    )


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) > DIMENSIONS_LIMIT or any(length >= LENGTH_LIMIT for length in shape):
        raise ParameterError(
            "IDX files can't hold an array of this shape",
            expected=f"at most {DIMENSIONS_LIMIT} dimensions, each below {LENGTH_LIMIT}",
            found=shape,
        )


def _pieces(values: NDArray[Any]) -> Iterator[bytes]:
    """Give the elements in C order and big-endian, about `CHUNK_SIZE` bytes at a time."""
    import numpy as np

    if values.size == 0:
        return
    iterator = np.nditer(
        values,
        flags=["external_loop", "buffered"],
        op_dtypes=[values.dtype.newbyteorder(">")],
        casting="equiv",
        order="C",
        buffersize=CHUNK_SIZE // values.dtype.itemsize,
    )
    for piece in iterator:
        yield np.asarray(piece).tobytes()
