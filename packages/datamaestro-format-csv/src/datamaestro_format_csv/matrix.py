"""Matrices of numbers in CSV files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.data import Param
from datamaestro.data.threaded import threaded
from datamaestro.errors import DataFormatError, ParameterError
from datamaestro_format_csv.blocks import Block
from datamaestro_format_csv.generic import Generic
from datamaestro_format_csv.numbers import Layout, Part, parse_numbers
from datamaestro_format_csv.stack import MODEST_BYTES, Stack
from datamaestro_format_csv.table import Preview, Table
from datamaestro_format_csv.values import BLANKS, read_number

if TYPE_CHECKING:
    import polars
    from numpy.typing import DTypeLike, NDArray

__all__ = ["Matrix"]

WORKERS = 3
"""Blocks that are parsed at the same time. polars uses all cores for each of them; the
others fill its gaps. More than 3 make no difference that shows on two cores."""

SIZE_LIMIT = 1 << 40
"""What no number of rows or columns reaches; a matrix of far more columns is none for numpy."""

PADDING = 100
"""How many times their own size the texts of a target may take, beyond `MODEST_BYTES`."""


class Matrix(Generic):
    """A matrix of numbers in a CSV file, one column of which may be the target.

    Format: RFC 4180 in general; of the header that starts some files with the numbers
    of rows and columns, scikit-learn's copies of the UCI data.

    >>> from pathlib import Path
    >>> _ = Path("houses.csv").write_text("2,2\\nrooms,age,price\\n5,12,24.0\\n7,3,36.2\\n")
    >>> houses = Matrix(path="houses.csv", size_row=0, names_row=1, target="price")
    >>> fields, data, target = houses.data()
    >>> fields, data.tolist(), target.tolist()
    (['rooms', 'age', 'price'], [[5.0, 12.0], [7.0, 3.0]], [24.0, 36.2])

    :param names_row: as in `Generic`
    :param size_row: the number, from 0 and counted as that of `names_row`, of the row
        that states the numbers of rows and of columns (the target's not counted);
        they are checked. -1 if there is none
    :param target: the name or the number of the column to tell apart from the others;
        numbers count from 0, negative ones from the end
    :param missing: the texts that stand for a missing value; it becomes NaN, in a
        target that is text an empty text
    """

    names_row: Param[int] = -1
    size_row: Param[int] = -1
    target: Param[str | int | None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size_row < -1 or (self.size_row >= 0 and self.size_row == self.names_row):
            raise ParameterError(
                "Matrix.size_row can't be used",
                expected="-1, or a row other than names_row",
                found=self.size_row,
            )
        if isinstance(self.target, str) and self.names_row < 0:
            raise ParameterError(
                "Matrix.target is a name, but there is no row of names",
                expected="a number, or names_row",
                found=repr(self.target),
            )

    def _heading_rows(self) -> int:
        return max(self.names_row, self.size_row) + 1

    def data(self, dtype: DTypeLike = "float64") -> tuple[Any, ...]:
        """Give the names of the columns, the matrix and, if there is one, the target.

        The file is parsed block by block into the matrix: the peak of memory is the
        matrix and about 130 MB.

        :param dtype: float64 or float32
        :return: ``(fields, data)``, or ``(fields, data, target)`` when there is a target.
            ``fields`` has the names of all columns, the target's included, and is empty
            if there is no row of names. ``data`` has shape (rows, columns without the
            target's), type `dtype`, C order. ``target`` has shape (rows,), and type
            `dtype`; if its first value (that is not missing) isn't a number, all are
            text, and its type is numpy's ``str``.
        :raises DataFormatError: if a value isn't a number: with file, line, column and
            text; if a row is too long or too short, quoting is broken or the text can't
            be decoded: with file and line; if the names or the stated size don't fit, or
            a text of the target needs a hundred times the room of all, in gigabytes
        """
        element_type = _float_type(dtype)
        threaded("polars")
        with self._table() as table:
            preview = table.preview()
            layout = self._layout(table, preview, element_type)
            stack = Stack(layout.columns - (layout.target is not None), element_type)
            targets = []
            for part, progress in _parse_all(table, preview.blocks, layout):
                stack.add(part.rows, part.numbers, progress)
                if part.target is not None:
                    targets.append(part.target)
            data = stack.array()
            self._check_size(table, data.shape)
        if self.target is None:
            return table.names, data
        return table.names, data, _join(targets, layout, self.path)

    def _layout(self, table: Table, preview: Preview, element_type: str) -> Layout:
        """Find out about the columns, from the heading and the first rows."""
        columns = preview.columns or self._stated_columns(table)
        target = self._target_index(table, columns)
        text_target = False
        if target is not None:
            first = (row.fields[target] for row in preview.rows if target < len(row.fields))
            known = self._first_known(first)
            if known is None and self._missing:
                known = self._first_known_of_all(target, columns)
            text_target = known is not None and read_number(known) is None
        return Layout(columns, table.names, target, text_target, element_type, self._missing)

    def _first_known(self, texts: Iterable[str]) -> str | None:
        """Give the first text that isn't a missing value, blanks around it aside."""
        missing = self._missing
        return next((t for t in texts if t not in missing and t.strip(BLANKS) not in missing), None)

    def _first_known_of_all(self, target: int, columns: int) -> str | None:
        """Look for it in all of the file: the first rows may have none."""
        with self._table() as table:
            texts = (block.texts(columns)[str(target)] for block in table.blocks())
            return self._first_known(chain.from_iterable(texts))

    def _target_index(self, table: Table, columns: int) -> int | None:
        if self.target is None:
            return None
        if isinstance(self.target, str):
            if table.names.count(self.target) == 1:
                return table.names.index(self.target)
        elif -columns <= self.target < columns:
            return self.target % columns
        elif columns == 0:  # no row, no name: nothing says what columns there are
            return None
        raise DataFormatError(
            "there is not one such column to be the target",
            where=self.path,
            expected=", ".join(table.names) or f"one of {columns} columns",
            found=repr(self.target),
        )

    def _stated_size(self, table: Table) -> tuple[int, ...]:
        """Give the numbers of rows and columns that the file states; nothing if none can be so."""
        texts = table.heading[self.size_row].fields[:2] if self.size_row >= 0 else []
        try:
            stated = tuple(int(text) for text in texts)
        except ValueError:
            return ()
        possible = len(stated) == 2 and all(0 <= number < SIZE_LIMIT for number in stated)
        return stated if possible else ()

    def _stated_columns(self, table: Table) -> int:
        """Give how many columns there are, the target's included, where no row tells; or 0."""
        _, columns = self._stated_size(table) or (0, 0)
        return columns + (columns > 0 and self.target is not None)

    def _check_size(self, table: Table, shape: tuple[int, ...]) -> None:
        if self.size_row < 0:
            return
        row = table.heading[self.size_row]
        if self._stated_size(table) != shape:
            raise DataFormatError(
                "the stated numbers of rows and columns don't fit",
                where=f"{self.path}:{row.line}",
                expected=f"{shape[0]},{shape[1]} (what the file holds)",
                found=",".join(row.fields[:2]),
                hint="the target's column does not count; the file may be a partial copy",
            )


def _float_type(dtype: DTypeLike) -> str:
    import numpy as np

    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = repr(dtype)
    if name not in ("float32", "float64"):
        raise ParameterError("wrong type of numbers", expected="float32 or float64", found=name)
    return name


def _parse_all(
    table: Table, blocks: Iterable[Block], layout: Layout
) -> Iterator[tuple[Part, float]]:
    """Parse blocks in threads; give results in order, and the progress that they mean."""
    pending: deque[tuple[Future[Part], float]] = deque()
    with ThreadPoolExecutor(WORKERS) as workers:
        try:
            for block in blocks:
                pending.append((workers.submit(parse_numbers, block, layout), table.progress))
                if len(pending) > WORKERS:
                    yield _result(pending)
            while pending:
                yield _result(pending)
        finally:
            for future, _ in pending:
                future.cancel()


def _result(pending: deque[tuple[Future[Part], float]]) -> tuple[Part, float]:
    future, progress = pending.popleft()
    return future.result(), progress


def _join(parts: list[polars.Series], layout: Layout, path: Path) -> NDArray[Any]:
    import numpy as np

    if layout.text_target:
        return _join_texts(parts, path)
    arrays = [part.to_numpy() for part in parts]
    return np.concatenate([np.empty(0, layout.element_type), *arrays])


def _join_texts(parts: list[polars.Series], path: Path) -> NDArray[Any]:
    import numpy as np

    for part in parts:
        if part.str.ends_with("\0").any():
            raise DataFormatError(
                "a target ends with a NUL character, which numpy's text can't hold",
                where=path,
                expected="text",
                found="NUL",
            )
    texts = [text for part in parts for text in part.to_list()]
    longest = max(texts, key=len, default="")
    padded = len(texts) * len(longest) * np.dtype("U1").itemsize
    if padded > MODEST_BYTES and len(texts) * len(longest) > PADDING * sum(map(len, texts)):
        raise DataFormatError(
            "a target is far longer than the others, and numpy's text has room for it in each row",
            where=path,
            expected=f"labels, which take less than {PADDING} times their own size that way",
            found=f"{len(longest)} characters, {longest[:40]!r} and so on, in row "
            f"{texts.index(longest)} of the matrix; {padded} bytes for all rows",
            hint="quoting or that row may be wrong; texts of any length are read with Generic",
        )
    return np.array(texts, str)
