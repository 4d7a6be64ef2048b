"""Types of columns: found out from all values, never from some.

A column is of integers (64 bits) if all its texts are such, else of floats if all are
numbers, else of text. Fields that are empty or missing, blanks around them aside, don't
count, and are null in columns of numbers.
Integers of more than 64 bits stay text: as floats they would be others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datamaestro.errors import ParameterError
from datamaestro_format_csv.blocks import Block, column_keys
from datamaestro_format_csv.values import Values, bad_value, select, to_numbers, to_texts

if TYPE_CHECKING:
    import polars

__all__ = ["Columns", "check_types_for", "readable_type", "without_rows"]

LONG_INTEGER = r"^[+-]?[0-9]{19,}$"

GUESSED_ROWS = 16
"""How many rows tell most types already: columns of text aren't all read as numbers first."""


class Columns:
    """Makes tables of blocks, and finds out the types of their columns meanwhile.

    The type of a column that isn't given may be another one after each block: so the tables
    of those before it may have to be made once more.

    :param names: of all columns
    :param given: polars types by name, of all columns or of some
    :param missing: the texts that stand for a missing value
    """

    def __init__(
        self, names: Sequence[str], given: Mapping[str, Any], missing: frozenset[str]
    ) -> None:
        import polars

        self._names = dict(zip(column_keys(len(names)), names, strict=True))
        self._given = {key: given[name] for key, name in self._names.items() if name in given}
        others = [key for key in self._names if key not in self._given]
        self._found: dict[str, Any] = dict.fromkeys(others, polars.Int64())
        self._unseen = set(self._found)
        self._missing = missing

    @property
    def are_open(self) -> bool:
        """Whether the values have a say about any type."""
        return bool(self._found)

    @property
    def types(self) -> dict[str, Any]:
        """The polars type of each column, by its name: Int64, Float64 or String if it isn't given.

        Those are of all values up to here.
        """
        import polars

        kinds = self._given | self._found | dict.fromkeys(self._unseen, polars.String())
        return {name: kinds[key] for key, name in self._names.items()}

    def convert(self, block: Block) -> polars.DataFrame:
        """Parse a block into columns of the types that are given, or hold up to here.

        :raises DataFormatError: naming file, line, column and text, if a value is not of
            the type that is given
        """
        texts = block.texts(len(self._names))
        self._as_found(texts.head(GUESSED_ROWS))
        frame = texts.with_columns([*self._as_given(block, texts), *self._as_found(texts)])
        frame.columns = list(self._names.values())
        return frame

    def _as_given(self, block: Block, texts: polars.DataFrame) -> list[polars.Series]:
        parts = _values(texts, self._given, self._missing)
        faults = [fault for part in parts if (fault := part.fault()) is not None]
        if faults:
            row, index = min(faults)
            key = str(index)
            column, kind = f"column {self._names[key]!r}", str(self._given[key])
            raise bad_value(block, row, column, texts[row, index], kind)
        return [column for part in parts for column in part.frame]

    def _as_found(self, texts: polars.DataFrame) -> list[polars.Series]:
        """Convert the columns of other types; as long as some have wrong values, to wider ones."""
        import polars

        wider = {polars.Int64(): polars.Float64(), polars.Float64(): polars.String()}
        converted: list[polars.Series] = []
        unclear = set(self._found)
        while unclear:
            kinds = {key: self._found[key] for key in unclear}
            numbers, others = _values(texts, kinds, self._missing)
            floats = [key for key, kind in kinds.items() if kind == polars.Float64]
            unclear = {*numbers.wrong(), *_with_large_integers(numbers, floats)}
            self._found.update({key: wider[kinds[key]] for key in unclear})
            both = (*numbers.frame, *others.frame)
            converted += [column for column in both if column.name not in unclear]
        self._unseen -= {column.name for column in converted if column.null_count() < len(texts)}
        empty = to_texts(select(texts, list(self._unseen)), self._missing, {})
        return [column for column in converted if column.name not in self._unseen] + [*empty.frame]


def _values(
    texts: polars.DataFrame, types: Mapping[str, Any], missing: frozenset[str]
) -> tuple[Values, Values]:
    """Convert some columns: those of numbers, and those of text."""
    numeric = {key: kind for key, kind in types.items() if kind.is_numeric()}
    textual = {key: kind for key, kind in types.items() if key not in numeric}
    return (
        to_numbers(select(texts, list(numeric)), missing | {""}, numeric),
        to_texts(select(texts, list(textual)), missing, textual),
    )


def _with_large_integers(numbers: Values, floats: Sequence[str]) -> list[str]:
    """Give those columns of floats with an integer of more than 64 bits."""
    import polars

    large = [key for key in floats if _is_large(numbers.frame[key])]
    return [
        column.name
        for column in select(numbers.known, large)
        if column.filter(column.str.contains(LONG_INTEGER))
        .cast(polars.Int64, strict=False)
        .null_count()
    ]


def _is_large(column: polars.Series) -> bool:
    greatest, least = column.max(), column.min()
    return any(isinstance(value, float) and abs(value) >= 2**63 for value in (greatest, least))


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
