"""Tensors that are another way to look at a tensor; looking copies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datamaestro.data import Param
from datamaestro.data.tensor import Tensor
from datamaestro.errors import DataFormatError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Column", "Transposed"]


class Column(Tensor):
    """One column of a table.

    :param table: the table, shape (rows, columns)
    :param index: the number of the column, from 0, or negative from the end
    """

    table: Param[Tensor]
    index: Param[int]

    def data(self) -> NDArray[Any]:
        """Give the column, shape (rows,), of the table's type, as a view of its array.

        :raises DataFormatError: if the file of the table is wrong, or has no such column
        """
        _ = self.shape
        return self.table.data()[:, self.index]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, alone; raises as :meth:`data`."""
        shape = self.table.shape
        if len(shape) != 2 or not -shape[1] <= self.index < shape[1]:
            raise _unfit(self.table, f"(rows, columns) with a column {self.index}")
        return shape[:1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the table's elements."""
        return self.table.dtype


class Transposed(Tensor):
    """Images whose rows are stored as columns, upright.

    :param stored: the images as they are stored, shape (count, width, height, …)
    """

    stored: Param[Tensor]

    def data(self) -> NDArray[Any]:
        """Give the images, shape (count, height, width, …), as a view of the stored array.

        Its elements don't lie in C order: ``numpy.ascontiguousarray`` makes a copy that
        does, where a program wants that.

        :raises DataFormatError: if the file of the images is wrong, or has no images
        """
        _ = self.shape
        return self.stored.data().swapaxes(1, 2)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the upright images: (count, height, width, …); raises as :meth:`data`."""
        shape = self.stored.shape
        if len(shape) < 3:
            raise _unfit(self.stored, "(count, width, height, …)")
        count, width, height, *rest = shape
        return (count, height, width, *rest)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the stored elements."""
        return self.stored.dtype


def _unfit(tensor: Tensor, expected: str) -> DataFormatError:
    return DataFormatError(
        "the tensor can't be looked at that way",
        where=getattr(tensor, "path", None),
        expected=f"shape {expected}",
        found=tensor.shape,
    )
