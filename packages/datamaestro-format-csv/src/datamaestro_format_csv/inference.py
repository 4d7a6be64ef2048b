"""Types of columns: found out from all values, never from some.

A column is of integers (64 bits) if all its texts are such, else of floats if all are
numbers, else of text. Fields that are empty or missing, blanks around them aside, don't
count, and are null in columns of numbers.
Integers of more than 64 bits stay text: as floats they would be others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from datamaestro.errors import ParameterError
from datamaestro_format_csv.blocks import Block, column_keys
from datamaestro_format_csv.values import bad_value, select, to_numbers, to_texts

if TYPE_CHECKING:
    import polars

__all__ = ["check_types_for", "convert", "infer_types", "readable_type", "without_rows"]

LONG_INTEGER = r"^[+-]?[0-9]{19,}$"


def infer_types(blocks: Iterable[Block], columns: int, missing: frozenset[str]) -> list[Any]:
    """Find the polars type of each column: Int64, Float64 or String."""
    import polars

    absent = missing | {""}
    found: dict[str, Any] = dict.fromkeys(column_keys(columns), polars.Int64)
    seen: set[str] = set()
    for block in blocks:
        texts = select(block.texts(columns), _of(found, polars.Int64, polars.Float64))
        floats = to_numbers(texts, absent, dict.fromkeys(texts.columns, polars.Float64))
        nulls = {column.name: column.null_count() for column in floats.frame}
        seen.update(key for key, count in nulls.items() if count < len(texts))
        found.update(dict.fromkeys(floats.wrong(), polars.String))

        integers = select(floats.known, _of(found, polars.Int64)).cast(polars.Int64, strict=False)
        for column in integers:
            if column.null_count() > nulls[column.name]:
                found[column.name] = polars.Float64
        bare = select(floats.known, _of(found, polars.Float64))
        found.update(dict.fromkeys(_with_large_integers(bare, absent), polars.String))
    return [kind if key in seen else polars.String for key, kind in found.items()]


def _of(found: Mapping[str, Any], *kinds: Any) -> list[str]:
    """Give the columns of some types."""
    return [key for key, kind in found.items() if kind in kinds]


def _with_large_integers(bare: polars.DataFrame, missing: frozenset[str]) -> list[str]:
    """Give the columns with an integer of more than 64 bits."""
    import polars

    has_long = bare.select(polars.all().str.contains(LONG_INTEGER).any())
    unfit = []
    for key in [column.name for column in has_long if column.any()]:
        long = bare.select(key).filter(polars.col(key).str.contains(LONG_INTEGER))
        unfit += to_numbers(long, missing, {key: polars.Int64}).wrong()
    return unfit


def readable_type(name: str, element_type: Any) -> Any:
    """Give the polars type that is meant for a column.

    :raises ParameterError: if texts can't become of that type one by one
    """
    import polars

    try:
        meant = polars.Series(dtype=element_type).dtype
    except (TypeError, polars.exceptions.PolarsError):
        meant = polars.Null()
    texts = (polars.String, polars.Categorical, polars.Enum)
    # Not decimals, which `cast` rounds to the places that the type has, without a word.
    if meant.is_integer() or meant.is_float() or meant in texts:
        return meant
    raise ParameterError(
        f"column {name!r} can't be read as that type",
        expected="a polars type of integers, of floats or of text",
        found=repr(element_type),
        hint="read it as polars.String, and convert the column with polars",
    )


def check_types_for(
    library: str, given: Mapping[str, Any], hand_over: Callable[[polars.Series], object]
) -> None:
    """Check, before the file is read, that another library has the types of columns.

    :param hand_over: gives a column to it
    :raises ParameterError: if it has not, as NumPy has no integers of 128 bits
    """
    import polars

    for name, kind in given.items():
        meant = readable_type(name, kind)
        try:
            hand_over(polars.Series(dtype=meant))
        except (polars.exceptions.PolarsError, ValueError) as error:  # that of Arrow is of values
            raise ParameterError(
                f"column {name!r} of that type can't be handed to {library}",
                expected=f"a type that {library} has too",
                found=repr(meant),
                hint="polars() and batches() read it",
            ) from error


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
    texts = block.texts(len(types))
    kinds = dict(zip(texts.columns, types.values(), strict=True))
    numeric = {key: kind for key, kind in kinds.items() if kind.is_numeric()}
    textual = {key: kind for key, kind in kinds.items() if key not in numeric}
    numbers = to_numbers(select(texts, list(numeric)), missing | {""}, numeric)
    others = to_texts(select(texts, list(textual)), missing, textual)
    faults = [fault for part in (numbers, others) if (fault := part.fault()) is not None]
    if faults:
        row, index = min(faults)
        name, kind = list(types.items())[index]
        raise bad_value(block, row, f"column {name!r}", texts[row, index], str(kind))
    frame = texts.with_columns([*numbers.frame, *others.frame])
    frame.columns = list(types)
    return frame
