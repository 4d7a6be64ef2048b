"""Tensors, and those in IDX files."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, BinaryIO

from datamaestro.data import Base, File
from datamaestro.data.gzipped import is_gzip
from datamaestro_format_idx.compressed import read_compressed, read_compressed_header
from datamaestro_format_idx.header import Header, check_data_size, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IDX", "Tensor"]


class Tensor(Base, ABC):
    """An array of numbers with any number of dimensions.

    A subclass gives `data`; one that knows shape and type without it gives them too.
    """

    @abstractmethod
    def data(self) -> NDArray[Any]:
        """Give the tensor as a numpy array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension; empty for a scalar."""
        return self.data().shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, in the machine's byte order."""
        return self.data().dtype

    def __len__(self) -> int:
        """Give the length of the first dimension.

        :raises TypeError: for a scalar, which has none
        """
        if not self.shape:
            raise TypeError("a scalar tensor has no length")
        return self.shape[0]


class IDX(Tensor, File):
    """A tensor in an IDX file, plain or under gzip (recognized by its content).

    Format: http://yann.lecun.com/exdb/mnist/, last section. The elements are
    uint8, int8, int16, int32, float32 or float64, and the shape is any, with
    lengths of zero and no dimension at all (a scalar) included.

    A plain file is mapped into memory, so that opening costs nothing, only the
    pages that are looked at are read, and processes share them. While an array
    that `data` returned is alive, Windows does not let the file be replaced.
    Elsewhere it may be replaced or removed, which is all that datamaestro does, and
    the array stays as it was; but a program that shortens the file itself ends each
    process that then looks at what is gone (by the signal SIGBUS). Copy the array
    (``data().copy()``) of a file that others write to.

    >>> from datamaestro_format_idx import IDX, write_idx
    >>> write_idx("ramp.idx", [[0, 1, 2], [3, 4, 5]], "int16")
    >>> ramp = IDX(path="ramp.idx")
    >>> ramp.shape, str(ramp.dtype), len(ramp)
    ((2, 3), 'int16', 2)
    >>> ramp.data()[1].tolist()
    [3, 4, 5]

    :param path: the file
    """

    def data(self, native: bool = True) -> NDArray[Any]:
        """Give the tensor as a read-only array of the shape and type of the header.

        Elements of one byte, and any with ``native=False``, are a view of the
        mapped file (a ``numpy.memmap``). Larger ones are stored big-endian: where
        the machine's order is another, ``native=True`` costs one pass over the file
        and the memory of the array; for a part of a large file, slice first:
        ``x.data(native=False)[10:20].astype(x.dtype)``.

        A compressed file is decompressed into memory at each call.

        :param native: whether the array shall be in the machine's byte order (True)
            or in that of the file, big-endian (False)
        :raises DataFormatError: saying what is wrong with the file, before any
            memory for the elements is allocated: magic number, element type,
            length of the header, dimensions that overflow, missing or trailing bytes
        """
        with self.path.open("rb") as file:
            array = self._compressed(file) if is_gzip(file) else self._mapped(file)
        if native and array.dtype.itemsize > 1 and sys.byteorder == "little":
            # One read of the map and one write, vectorized: measured at 0.4 to 0.6 of the
            # time of reading the file and swapping in place.
            array = array.astype(array.dtype.newbyteorder("="), subok=False)
        array.flags.writeable = False
        return array

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension, from the header alone; empty for a scalar.

        :raises DataFormatError: if the header is wrong
        """
        return self._header().shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements in the machine's byte order, from the header alone.

        :raises DataFormatError: if the header is wrong
        """
        import numpy as np

        return np.dtype(self._header().element_type)

    def _header(self) -> Header:
        with self.path.open("rb") as file:
            if is_gzip(file):
                return read_compressed_header(file, self.path)
            return read_header(file.read, self.path)

    def _mapped(self, file: BinaryIO) -> NDArray[Any]:
        import numpy as np

        header = read_header(file.read, self.path)
        check_data_size(header, file.seek(0, 2) - header.size, self.path)
        stored = _stored_type(header)
        if header.data_size == 0:  # nothing to map, which mmap refuses
            return np.empty(header.shape, stored)
        return np.memmap(file, stored, "r", header.size, header.shape)

    def _compressed(self, file: BinaryIO) -> NDArray[Any]:
        header, elements = read_compressed(file, self.path)
        return elements.view(_stored_type(header)).reshape(header.shape)


def _stored_type(header: Header) -> np.dtype[Any]:
    import numpy as np

    return np.dtype(header.element_type).newbyteorder(">")
