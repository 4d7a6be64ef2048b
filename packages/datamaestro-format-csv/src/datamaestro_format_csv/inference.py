"""Types of columns: found out from all values, never from some.

A column is of integers (64 bits) if all its texts are such, else of floats if all are
numbers, else of text. Empty fields don't count, and are null in columns of numbers.
Integers of more than 64 bits stay text: as floats they would be others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from datamaestro.errors import ParameterError
from datamaestro_format_csv.blocks import Block
from datamaestro_format_csv.numbers import BLANKS, bad_value, to_numbers

if TYPE_CHECKING:
    import polars

__all__ = ["convert", "infer_types", "readable_type", "without_rows"]

LARGE_INTEGER = r"^[+-]?[0-9]{19,}$"


def infer_types(blocks: Iterable[Block], columns: int, missing: frozenset[str]) -> list[Any]:
    """Find the polars type of each column: Int64, Float64 or String."""
    import polars

    candidates: list[list[Any]] = [
        [polars.Int64, polars.Float64, polars.String] for _ in range(columns)
    ]
    seen = [False] * columns
    for block in blocks:
        texts = block.texts(columns)
        for index, column in enumerate(texts.iter_columns()):
            present = column.filter(~column.is_in(["", *missing]))
            seen[index] |= len(present) > 0
            while not _fits(present, candidates[index][0]):
                del candidates[index][0]
    return [
        types[0] if any_value else polars.String
        for types, any_value in zip(candidates, seen, strict=True)
    ]


def _fits(texts: polars.Series, element_type: Any) -> bool:
    import polars

    if element_type == polars.String:
        return True
    if to_numbers(texts, frozenset(), element_type)[1] is not None:
        return False
    if element_type == polars.Int64:
        return True
    bare = texts.str.strip_chars(BLANKS)
    large = bare.filter(bare.str.contains(LARGE_INTEGER))
    return not large.cast(polars.Int64, strict=False).null_count()


def readable_type(name: str, element_type: Any) -> Any:
    """Give the polars type that is meant for a column.

    :raises ParameterError: if texts can't become of that type one by one
    """
    import polars

    try:
        meant = polars.Series(dtype=element_type).dtype
    except (TypeError, polars.exceptions.PolarsError):
        meant = polars.Null()
    if meant.is_numeric() or meant in (polars.String, polars.Categorical, polars.Enum):
        return meant
    raise ParameterError(
        f"column {name!r} can't be read as that type",
        expected="a polars type of numbers or of text",
        found=repr(element_type),
        hint="read it as polars.String, and convert the column with polars",
    )


def without_rows(types: Mapping[str, Any]) -> polars.DataFrame:
    """Give a table of columns of given names and polars types."""
    import polars

    # By name: from a schema or a list, a column with an empty name (an index) would get one.
    return polars.DataFrame({name: polars.Series([], dtype=kind) for name, kind in types.items()})


def convert(block: Block, types: Mapping[str, Any], missing: frozenset[str]) -> polars.DataFrame:
    """Parse a block into columns of given names and polars types.

    :raises DataFormatError: naming file, line, column and text, if a value is not of
        the type of its column
    """
    import polars

    texts = block.texts(len(types))
    columns = {}
    faults = []
    for index, (name, element_type) in enumerate(types.items()):
        column = texts.to_series(index)
        if element_type.is_numeric():
            values, fault = to_numbers(column, missing | {""}, element_type)
        else:
            values, fault = _to_text(column, missing, element_type)
        if fault is not None:
            faults.append((fault, index))
        columns[name] = values
    if faults:
        row, index = min(faults)
        name, element_type = list(types.items())[index]
        raise bad_value(block, row, f"column {name!r}", texts[row, index], str(element_type))
    return polars.DataFrame(columns)


def _to_text(
    column: polars.Series, missing: frozenset[str], element_type: Any
) -> tuple[polars.Series, int | None]:
    """Do for types of text what `to_numbers` does; only an ``Enum`` lacks some texts."""
    known = column.set(column.is_in(list(missing)), None) if missing else column
    values = known.cast(element_type, strict=False)
    wrong = values.is_null() & known.is_not_null()
    return values, wrong.arg_max() if wrong.any() else None
