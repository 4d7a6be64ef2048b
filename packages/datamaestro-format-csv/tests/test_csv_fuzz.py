"""Mutated CSV files: the right values or a `DataFormatError`, nothing else.

What is right is what Python's `csv` and ``float`` read, without any of the blocks,
threads and short cuts. ``DATAMAESTRO_FUZZ=thorough`` tries many more examples.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings, strategies as st

from datamaestro.errors import DataFormatError
from datamaestro_format_csv import Generic, Matrix
from datamaestro_format_csv.blocks import read_blocks
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource
from datamaestro_format_csv.rows import Row, RowReader

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
UCI = MIRROR / "archive.ics.uci.edu/ml/machine-learning-databases"
NUMBER = re.compile(
    r"[ \t]*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf|infinity|nan)[ \t]*", re.IGNORECASE
)

settings.register_profile("datamaestro-short", max_examples=150, deadline=None)
settings.register_profile("datamaestro-thorough", max_examples=20_000, deadline=None)
fuzz = settings.get_profile(f"datamaestro-{os.environ.get('DATAMAESTRO_FUZZ', 'short')}")

TOKENS = [
    '"',
    '""',
    ",",
    "-",
    "+",
    ".",
    "e",
    "_",
    "#",
    "1e400",
    "1e-400",
    "nan",
    "inf",
    "NA",
    "é",
    "\ufeff",
    "\x1f",
    "٣",
    "a",
]
tokens = st.sampled_from([*TOKENS, "\n", "\n\n", "\r", "\r\n", " ", "\t", "\0"]).map(str.encode)
edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "insert", "delete", "cut"]),
        st.integers(0, 2000),
        st.one_of(tokens, st.binary(min_size=1, max_size=4)),
    ),
    max_size=5,
)
Edits = list[tuple[str, int, bytes]]


def mutate(content: bytes, changes: Edits) -> bytes:
    for kind, position, piece in changes:
        start, end = content[:position], content[position:]
        content = {
            "set": start + piece + end[len(piece) :],
            "insert": start + piece + end,
            "delete": start + end[len(piece) :],
            "cut": start,
        }[kind]
    assume(not content.startswith(b"\x1f\x8b"))  # that is no text at all
    return content


def rows_of(content: bytes) -> list[list[str]] | None:
    """Read rows in the plainest way; None for what is no CSV."""
    try:
        lines = re.findall(r"[^\n]*\n|[^\n]+", content.removeprefix(b"\xef\xbb\xbf").decode())
        rows = [row for row in csv.reader(lines, strict=True) if row]
    except (csv.Error, UnicodeDecodeError):
        return None
    return None if len({len(row) for row in rows}) > 1 else rows


def numbers_of(rows: list[list[str]]) -> np.ndarray | None:
    if not all(NUMBER.fullmatch(text) for row in rows for text in row):
        return None
    values = [[float(text) for text in row] for row in rows]
    return np.array(values).reshape(len(rows), len(rows[0]) if rows else 0)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "mutant.csv"


@pytest.fixture(scope="module")
def numbers() -> bytes:
    if not MIRROR.is_dir():
        pytest.skip(f"no real files at {MIRROR}")
    lines = (UCI / "wine-quality/winequality-red.csv").read_bytes().splitlines(keepends=True)
    return b"".join(lines[1:40]).replace(b";", b",")


@pytest.fixture(scope="module")
def labelled() -> bytes:
    if not MIRROR.is_dir():
        pytest.skip(f"no real files at {MIRROR}")
    return (UCI / "iris/iris.data").read_bytes()[:1950].replace(b"Iris-setosa", b'"Iris"')


@fuzz
@given(changes=edits)
def test_a_matrix_is_right_or_refused(path: Path, numbers: bytes, changes: Edits) -> None:
    content = mutate(numbers, changes)
    path.write_bytes(content)
    rows = rows_of(content)
    right = None if rows is None else numbers_of(rows)
    if right is None:
        with pytest.raises(DataFormatError):
            Matrix(path=path).data()
    else:
        np.testing.assert_array_equal(Matrix(path=path).data()[1], right)


@fuzz
@given(changes=edits)
def test_a_target_of_text_is_right_or_refused(path: Path, labelled: bytes, changes: Edits) -> None:
    content = mutate(labelled, changes)
    path.write_bytes(content)
    rows = rows_of(content)
    right = None if rows is None else numbers_of([row[:-1] for row in rows])
    if rows is None or right is None:
        with pytest.raises(DataFormatError):
            Matrix(path=path, target=-1).data()
        return
    assume(not any(row[-1].endswith("\0") for row in rows))  # which numpy can't hold
    assume(not rows or not NUMBER.fullmatch(rows[0][-1]))  # then the target is of numbers
    _, data, target = Matrix(path=path, target=-1).data()
    np.testing.assert_array_equal(data, right)
    assert target.tolist() == [row[-1] for row in rows]


@fuzz
@given(changes=edits)
def test_rows_and_frames_are_right_or_refused(path: Path, labelled: bytes, changes: Edits) -> None:
    content = mutate(labelled, changes)
    path.write_bytes(content)
    rows = rows_of(content)
    table = Generic(path=path)
    if rows is None:
        with pytest.raises(DataFormatError):
            list(table)
        with pytest.raises(DataFormatError):
            table.polars()
    else:
        assert [list(row.values()) for row in table] == rows
        texts = {f"column_{number}": pl.String for number in range(len(rows[0]) if rows else 0)}
        assert [list(row) for row in table.polars(texts).rows()] == rows


plain_texts = st.text("abc1\u00e9\ufeff\x1f #,\"'\r\n", max_size=60)


@fuzz
@given(text=plain_texts, size=st.integers(1, 20), quote=st.sampled_from(['"', "'", ""]))
def test_blocks_of_any_size_hold_the_same_rows(text: str, size: int, quote: str) -> None:
    dialect = Dialect(quote=quote)
    path = Path("x.csv")

    def in_blocks(chunk_bytes: int) -> Iterator[Row]:
        for block in read_blocks(LineSource(io.BytesIO(text.encode()), chunk_bytes), dialect, path):
            yield from block.rows()

    def outcome(rows: Iterator[Row]) -> object:
        try:
            return list(rows)
        except DataFormatError as error:
            return str(error)

    one_by_one = outcome(RowReader(LineSource(io.BytesIO(text.encode())), dialect, path))
    assert outcome(in_blocks(size)) == one_by_one
    assert outcome(in_blocks(1000)) == one_by_one
