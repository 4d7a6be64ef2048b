"""Blocks of rows: of quoted fields, without their quotes wherever that says the same."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest

from datamaestro.errors import DataFormatError
from datamaestro_format_csv import Generic, Matrix
from datamaestro_format_csv.blocks import Block, PlainBlock, read_blocks
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource


def blocks(text: str) -> list[Block]:
    source = LineSource(io.BytesIO(text.encode()))
    return list(read_blocks(source, Dialect(comment="#"), Path("x.csv")))


@pytest.mark.parametrize(
    "field",
    ["1", "", " ", "a,b", "a\nb", "a\r\nb", "a\r", 'say "a"', "'", "#", "\x1f", "\ufeff", "\0"],
)
@pytest.mark.parametrize("first", [True, False])
def test_quoted_fields_hold_any_text(tmp_path: Path, field: str, first: bool) -> None:
    path = tmp_path / "x.csv"
    rows = [(field, "1"), ("2", field)] if first else [("1", "2"), ("2", field), (field, field)]
    quoted = [['"{}"'.format(text.replace('"', '""')) for text in row] for row in rows]
    path.write_text("".join(",".join(row) + "\n" for row in quoted), "utf-8", newline="")
    table = Generic(path=path, comment="#")

    assert [tuple(row.values()) for row in table] == rows
    assert table.polars(dict.fromkeys(["column_0", "column_1"], pl.String)).rows() == rows


@pytest.mark.parametrize("field", ["", "1", "a\nb", "\x1f", "\r"])
def test_so_they_do_in_a_column_alone(tmp_path: Path, field: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f'"1"\n"{field}"\n"3"\n', newline="")

    assert Generic(path=path).polars({"column_0": pl.String}).rows() == [("1",), (field,), ("3",)]


@pytest.mark.parametrize("text", ['"1",2\n"a,b",3\n#\n', '"1",2\n"say ""a""",#\n"#",4'])
def test_rows_that_need_no_quotes_become_lines_without(text: str) -> None:
    (block,) = blocks(text)

    assert isinstance(block, PlainBlock)


@pytest.mark.parametrize("before", ["", "\n", "# comment\n", '"a\nb",2\n'])
@pytest.mark.parametrize("between", ["", "\n", "# comment\n", '"1\n",2\n'])
def test_rows_keep_the_numbers_of_their_lines(before: str, between: str) -> None:
    text = f'{before}"1","2"\n{between}"x",4\n'

    found = [
        (row, block.line_of(number))
        for block in blocks(text)
        for number, row in enumerate(block.rows())
    ]

    assert [row.line for row, _ in found] == [line for _, line in found]
    lines = {tuple(row.fields): line for row, line in found}
    assert lines["1", "2"] == before.count("\n") + 1
    assert lines["x", "4"] == text.count("\n")


@pytest.mark.parametrize("row", ['"1"', '"1",2,"3"', '"1\n2"'])
def test_a_quoted_row_of_another_length_is_an_error_with_its_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f'a,b\n"1",2\n{row}\n3,4\n')

    with pytest.raises(DataFormatError) as caught:
        Matrix(path=path, names_row=0).data()
    assert caught.value.where == f"{path}:3"


def test_wide_rows_come_many_at_a_time() -> None:
    row = '"name",' + ",".join(["1"] * 5000) + "\n"

    sizes = [len(list(block.rows())) for block in blocks(row * 200)]

    assert sum(sizes) == 200
    assert min(sizes[:-1]) >= 50
