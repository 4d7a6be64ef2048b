"""Recognizing CSV: delimiter, names of columns, missing values, and whether it is a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from datamaestro.errors import DataFormatError
from datamaestro.plugins import Candidate, ValueProposal
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import open_lines
from datamaestro_format_csv.matrix import Matrix
from datamaestro_format_csv.rows import RowReader
from datamaestro_format_csv.values import BLANKS, read_number

__all__ = ["recognize"]

_OTHERS = (b"{", b"[", b"<")
"""What JSON, HTML and XML begin with, whose commas mean something else."""

LOOKED_AT = 1000
"""How many rows decide; whether all is numbers, the whole file does."""

DELIMITERS = ";|,"
"""A comma comes last, since it may be within numbers."""

EXACT_INTEGERS = 2**53
"""From here on, some integers are none of float64: ids of that many digits would become others."""

MISSING = frozenset(["", "?", "NA", "N/A", "NaN", "nan", "null", "NULL"])


def recognize(candidate: Candidate) -> ValueProposal | None:
    """Propose `Matrix` or `Generic` for rows of as many fields each.

    A column alone is a table only where the file's name says so.
    """
    encoding = candidate.encoding()
    if encoding is None or candidate.head().lstrip()[:1] in _OTHERS:
        return None
    named = candidate.name.lower().removesuffix(".gz").endswith(".csv")
    tables = {
        delimiter: rows
        for delimiter in DELIMITERS
        if (rows := _rows(candidate, Dialect(delimiter, encoding=encoding)))
    }
    for delimiter, rows in tables.items():
        if len(rows[0]) > 1:
            return _proposal(candidate, rows, delimiter, encoding)
    return _proposal(candidate, tables[","], ",", encoding) if named and "," in tables else None


def _rows(candidate: Candidate, dialect: Dialect) -> list[list[str]]:
    """Read the first rows; none if they differ in length, or if tabs separate fields."""
    if b"\t" in candidate.head().partition(b"\n")[0]:
        return []
    try:
        with open_lines(candidate.path, dialect) as lines:
            rows = islice(RowReader(lines, dialect, candidate.path), LOOKED_AT)
            found = [row.fields for row in rows]
    except DataFormatError:
        return []
    return found if len({len(row) for row in found}) == 1 else []


def _proposal(
    candidate: Candidate, rows: list[list[str]], delimiter: str, encoding: str
) -> ValueProposal:
    parameters: dict[str, Any] = {}
    if delimiter != ",":
        parameters["delimiter"] = delimiter
    if encoding != "utf-8":
        parameters["encoding"] = encoding
    body = rows
    if _has_names(rows):
        parameters["names_row"] = 0
        body = rows[1:]
    columns = list(zip(*body, strict=True))
    numeric = [_is_numeric(column) for column in columns]
    missing = {text for column in columns for text in column if text in MISSING}
    if missing:
        parameters["missing"] = sorted(missing)
    if numeric and all(numeric[:-1]) and len(numeric) > 1:
        target = {} if numeric[-1] else {"target": -1}
        if _is_matrix(candidate, parameters | target):
            return ValueProposal("datamaestro.data.csv:Matrix", parameters | target)
    return ValueProposal("datamaestro.data.csv:Generic", parameters)


def _is_matrix(candidate: Candidate, parameters: dict[str, Any]) -> bool:
    """Tell whether all of a file is read as a matrix, also after the rows looked at."""
    matrix = Matrix(path=candidate.path, **parameters)
    try:
        _, data, *_ = matrix.data()
    except DataFormatError:
        return False
    if not (abs(data) >= EXACT_INTEGERS).any():
        return True
    width = data.shape[1]
    return all(_is_exact(text) for row in matrix for text in islice(row.values(), width))


def _is_exact(text: str | None) -> bool:
    """Tell whether a number stays what it is as a float, unless it is written as one."""
    digits = (text or "").strip(BLANKS).lstrip("+-0")
    return not digits.isdigit() or Decimal(digits) == Decimal(float(digits))


def _has_names(rows: list[list[str]]) -> bool:
    """Tell whether the first row holds names: distinct texts, which no column repeats."""
    first, *others = rows
    if any(not name or _is_numeric([name]) for name in first) or len(set(first)) < len(first):
        return False
    return bool(others) and not any(
        name in column for name, column in zip(first, zip(*others, strict=True), strict=True)
    )


def _is_numeric(column: Sequence[str]) -> bool:
    known = [text for text in column if text not in MISSING]
    return bool(known) and all(read_number(text) is not None for text in known)
