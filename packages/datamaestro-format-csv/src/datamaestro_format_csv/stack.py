"""A matrix that grows while its rows arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars
    from numpy.typing import NDArray

__all__ = ["MODEST_BYTES", "Stack"]

MARGIN = 1.02
"""How much more room is made than the rows so far suggest."""

GROWTH = 4
"""How many times as many rows as there are the room may be for, beyond `MODEST_BYTES`: the first
rows may be shorter than the others, or packed a hundred times as well."""

MODEST_BYTES = 1 << 30

PIECE_BYTES = 1 << 18
"""How much is turned from columns into rows at once, on its way from one table to the other: in
memory that is used again, within the processor's cache. Whole blocks took fresh memory each,
which was half of all the system's work."""

LEAST_ROWS = 256
"""How many rows are turned at once at least: cutting a table takes time for each of its columns."""


class Stack:
    """Stacks blocks of rows into one array.

    Counting the rows first would cost a tenth of the time of parsing, and collecting
    blocks to join them twice the memory. So the array is made as large as its first
    rows suggest, grows in place (where the system can, by moving pages and not
    bytes), and is cut at the end. Memory that was not written to costs nothing, as long as
    the system gives it.

    :param width: how many columns
    :param element_type: the name of the type of the elements
    """

    def __init__(self, width: int, element_type: str) -> None:
        import numpy as np

        self._array: NDArray[np.floating[Any]] = np.empty((0, width), element_type)
        self._row_bytes = self._array.itemsize * width
        self._rows = 0

    def add(self, rows: int, numbers: polars.DataFrame, progress: float) -> None:
        """Append rows.

        :param rows: how many they are
        :param numbers: their columns, as many as the width says
        :param progress: the share of the file that all rows up to these make, 0 to 1
        """
        import numpy as np

        width = self._array.shape[1]
        needed = self._rows + rows
        if needed > len(self._array):
            shape = (self.room(needed, progress), width)
            if self._rows:
                self._array.resize(shape, refcheck=False)  # no one else has seen it
            else:
                self._array = np.empty(shape, self._array.dtype)
        at_once = max(LEAST_ROWS, PIECE_BYTES // max(1, self._row_bytes))
        for start in range(0, rows if width else 0, at_once):
            piece = numbers.slice(start, at_once).to_numpy()
            self._array[self._rows + start : self._rows + start + len(piece)] = piece
        self._rows = needed

    def room(self, needed: int, progress: float) -> int:
        """Give how many rows to make room for, when there are so many up to here."""
        expected = int(needed / max(progress, 1e-6) * MARGIN)
        modest = MODEST_BYTES // max(1, self._row_bytes)
        return max(needed, min(expected, max(modest, GROWTH * needed)))

    def array(self) -> NDArray[np.floating[Any]]:
        """Give all rows; nothing may be added then."""
        self._array.resize((self._rows, self._array.shape[1]), refcheck=False)
        return self._array
