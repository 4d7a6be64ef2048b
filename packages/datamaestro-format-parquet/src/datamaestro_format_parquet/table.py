"""Tables in Parquet files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from datamaestro.data import File
from datamaestro.data.optional import required
from datamaestro.data.threaded import threaded
from datamaestro.errors import DataFormatError, ParameterError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Parquet"]

BATCH_ROWS = 65_536

Rows = TypeVar("Rows", "pa.Table", "pa.RecordBatch")


class Parquet(File):
    """A table in a Parquet file.

    Format: https://parquet.apache.org/docs/file-format/. The number of rows and the
    columns are read from the end of the file alone.

    >>> import pyarrow.parquet
    >>> pets = pyarrow.table({"name": ["Tom", "Polly"], "legs": [4, 2]})
    >>> pyarrow.parquet.write_table(pets, "pets.parquet")
    >>> table = Parquet(path="pets.parquet")
    >>> len(table), table.columns(), next(iter(table))
    (2, ['name', 'legs'], {'name': 'Tom', 'legs': 4})
    >>> table.arrow(columns=["legs"])["legs"].to_pylist()
    [4, 2]

    :param path: the file
    """

    def columns(self) -> list[str]:
        """Give the names of the columns.

        :raises DataFormatError: if the file isn't Parquet, or is cut off
        """
        with self._opened() as file:
            names: list[str] = file.schema_arrow.names
            return names

    def __len__(self) -> int:
        """Give the number of rows; raises as :meth:`columns`."""
        with self._opened() as file:
            rows = int(file.metadata.num_rows)
        if rows < 0:
            raise DataFormatError("a negative number of rows", where=self.path, found=rows)
        return rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read rows one by one, as values by the name of their column.

        :raises DataFormatError: as `batches`; also if two columns have the same name, or
            if Python has no such value, such as a date after the year 9999
        """
        self._check_distinct(self.columns())
        for batch in self.batches():
            with self._converted("Python"):
                rows = batch.to_pylist()
            yield from rows

    def batches(
        self, rows: int = BATCH_ROWS, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Read some rows at a time, for files larger than memory.

        :param rows: how many rows a batch has, at most
        :param columns: the names of those to read; by default all
        :raises DataFormatError: if the file isn't Parquet, or is damaged
        :raises ParameterError: if there is no such column
        """
        if rows < 1:
            raise ParameterError("a batch can't be of that size", expected="1 or more", found=rows)
        with self._opened() as file:
            wanted = self._known(columns, file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=rows, columns=wanted):
                batch.validate(full=True)
                yield _only(batch, wanted)

    def arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Read the table into Arrow; parameters and errors are those of `batches`."""
        with self._opened() as file:
            wanted = self._known(columns, file.schema_arrow.names)
            table = file.read(columns=wanted)
            table.validate(full=True)
            return _only(table, wanted)

    def polars(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """Read the table into polars, as `arrow` does.

        :raises DataFormatError: as `arrow`; also if two of the columns have the same name, or
            if polars has no such value
        :raises ImportError: if polars isn't installed
        """
        polars = threaded("polars")
        table = self.arrow(columns)
        self._check_distinct(table.column_names)
        with self._converted("polars", polars.exceptions.PolarsError):
            # It makes nothing of the table's metadata, which may be any bytes, but a panic.
            frame: pl.DataFrame = polars.from_arrow(table.replace_schema_metadata())
        return frame

    def pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read the table into pandas, as `arrow` does.

        :raises DataFormatError: as `arrow`; also if pandas has no such value
        :raises ImportError: if pandas isn't installed
        """
        required("pandas")
        table = self.arrow(columns)
        with self._converted("pandas"):
            return table.to_pandas()

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Open the file, and tell what is wrong with it as far as it is read in the block."""
        import pyarrow
        import pyarrow.parquet

        with self.path.open("rb") as source:
            try:
                with pyarrow.parquet.ParquetFile(source, page_checksum_verification=True) as file:
                    yield file
            except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the disk's, not the reader's
                raise DataFormatError(
                    "not a whole Parquet file", where=self.path, found=error
                ) from error

    @contextmanager
    def _converted(self, library: str, *errors: type[Exception]) -> Iterator[None]:
        """Tell of values that Arrow has, and the library that they are converted for doesn't."""
        import pyarrow

        try:
            yield
        except (pyarrow.ArrowException, ValueError, OverflowError, *errors) as error:
            raise DataFormatError(
                f"a value can't be made into one of {library}",
                where=self.path,
                found=error,
                hint="batches() and arrow() give it as it is",
            ) from error

    def _known(self, columns: Sequence[str] | None, names: list[str]) -> list[str] | None:
        """Check names of columns: Arrow leaves out those that it doesn't know."""
        known = set(names)
        for name in columns or ():
            if name not in known:
                raise ParameterError(
                    "there is no such column",
                    where=self.path,
                    expected=", ".join(names),
                    found=repr(name),
                )
        return None if columns is None else list(columns)

    def _check_distinct(self, names: Iterable[str]) -> None:
        """Refuse names if two are the same: one would hide the other."""
        for name, count in Counter(names).items():
            if count > 1:
                raise DataFormatError(
                    "two columns have the same name",
                    where=self.path,
                    found=repr(name),
                    hint="batches(), arrow() and pandas() keep both",
                )


def _only(rows: Rows, columns: list[str] | None) -> Rows:
    """Leave out what Arrow reads beside the columns: for ``s.x``, also ``x`` of a struct ``s``."""
    if columns is None:
        return rows
    names = rows.schema.names
    order = {name: position for position, name in enumerate(columns)}
    found = [index for index, name in enumerate(names) if name in order]
    return rows.select(sorted(found, key=lambda index: order[names[index]]))
