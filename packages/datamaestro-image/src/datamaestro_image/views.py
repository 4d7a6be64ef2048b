"""Tensors that are another way to look at a tensor; looking copies nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datamaestro.data import Param
from datamaestro.data.tensor import Tensor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Column", "Transposed"]


class Column(Tensor):
    """One column of a table.

    :param table: the table, shape (rows, columns)
    :param index: the number of the column, from 0
    """

    table: Param[Tensor]
    index: Param[int]

    def data(self) -> NDArray[Any]:
        """Give the column, shape (rows,), of the table's type, as a view of its array.

        :raises DataFormatError: if the file of the table is wrong
        """
        return self.table.data()[:, self.index]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, alone."""
        return self.table.shape[:1]

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

        :raises DataFormatError: if the file of the images is wrong
        """
        return self.stored.data().swapaxes(1, 2)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the upright images: (count, height, width, …)."""
        count, width, height, *rest = self.stored.shape
        return (count, height, width, *rest)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the stored elements."""
        return self.stored.dtype
