"""Texts to values, of all columns of a block at once.

A number is what Python's ``float`` reads, without underscores and in ASCII digits:
``1``, ``-1.5e3``, ``.5``, ``inf``, ``nan``; spaces and tabs around it don't count.

A call of polars for each column takes up to 50 µs: too long for thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from datamaestro.errors import DataFormatError
from datamaestro_format_csv.blocks import Block

if TYPE_CHECKING:
    import polars

__all__ = ["BLANKS", "Values", "bad_value", "read_number", "select", "to_numbers", "to_texts"]

BLANKS = " \t"


@dataclass(frozen=True)
class Values:
    """What became of texts.

    :param frame: the values; null for texts that are missing or wrong
    :param known: what was converted
    :param is_absent: tells from `known` where a value is missing
    """

    frame: polars.DataFrame
    known: polars.DataFrame
    is_absent: polars.Expr

    def wrong(self) -> list[str]:
        """Give the columns with a text that could not be converted."""
        with_nulls = [column.name for column in self.frame if column.null_count()]
        unclear = select(self.known, with_nulls)
        return [
            absent.name
            for absent in unclear.select(self.is_absent)
            if self.frame[absent.name].null_count() > absent.sum()
        ]

    def fault(self) -> tuple[int, int] | None:
        """Give row and column of the first such text, if there is one."""
        faults = [
            ((self.frame[absent.name].is_null() & ~absent).arg_max() or 0, int(absent.name))
            for absent in select(self.known, self.wrong()).select(self.is_absent)
        ]
        return min(faults, default=None)


def select(frame: polars.DataFrame, keys: Sequence[str]) -> polars.DataFrame:
    """Give some columns, or none; by expressions it would take twenty times as long."""
    return frame[keys] if keys else frame.select()


def read_number(text: str) -> float | None:
    """Give the number that a text is, or None if it isn't one."""
    bare = text.strip(BLANKS)
    if "_" in text or not text.isascii() or bare != bare.strip():
        return None
    try:
        return float(bare)
    except ValueError:
        return None


def to_numbers(
    texts: polars.DataFrame, missing: frozenset[str], types: Mapping[str, Any]
) -> Values:
    """Convert texts to numbers; those that are missing values become null.

    :param types: the polars type of each column, by its key
    """
    import polars

    marks = sorted(missing)
    bare = polars.all().str.strip_chars(BLANKS)
    is_absent = polars.all().is_in(marks)
    kinds = cast("Any", types)
    if any(text != text.strip(BLANKS) or read_number(text) is not None for text in marks):
        known = _without(texts.select(bare), texts.select(is_absent | bare.is_in(marks)))
        return Values(known.cast(kinds, strict=False), known, polars.all().is_null())
    numbers = texts.cast(kinds, strict=False)
    # Most columns have neither blanks nor missing values: to look takes longer than to convert.
    rest = select(texts, [column.name for column in numbers if column.null_count()]).select(bare)
    others = rest.cast({key: kinds[key] for key in rest.columns}, strict=False)
    return Values(numbers.with_columns(list(others)), texts.with_columns(list(rest)), is_absent)


def to_texts(texts: polars.DataFrame, missing: frozenset[str], types: Mapping[str, Any]) -> Values:
    """Do what `to_numbers` does, for types of text: an ``Enum`` is the only one that lacks some."""
    import polars

    is_absent = polars.all().is_in(sorted(missing))
    known = _without(texts, texts.select(is_absent)) if missing else texts
    others = {key: kind for key, kind in types.items() if kind != polars.String}
    return Values(known.cast(cast("Any", others), strict=False), known, polars.all().is_null())


def _without(texts: polars.DataFrame, absent: polars.DataFrame) -> polars.DataFrame:
    """Make null what is missing."""
    return texts.with_columns(
        texts[column.name].set(column, None) for column in absent if column.any()
    )


def bad_value(block: Block, row: int, column: str, text: str, expected: str) -> DataFormatError:
    """Make the error that says where a value is wrong.

    :param row: its number in the block, from 0
    :param column: what to call its column
    """
    return DataFormatError(
        f"a value in {column} can't be read",
        where=f"{block.path}:{block.line_of(row)}",
        expected=expected,
        found=repr(text),
        hint="missing=[...] lists the texts that stand for missing values",
    )
