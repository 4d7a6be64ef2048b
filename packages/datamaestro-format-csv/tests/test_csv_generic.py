"""Tables in CSV files: names, rows, batches, and the libraries that they open in."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datamaestro.errors import DataFormatError, ParameterError
from datamaestro_format_csv import Generic, generic
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource, open_lines

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
SEABORN = (
    MIRROR
    / "raw.githubusercontent.com/mwaskom/seaborn-data/71e2436a092d714350de0fc409ca8a8714e7e78f"
)

needs_mirror = pytest.mark.skipif(not MIRROR.is_dir(), reason=f"no real files at {MIRROR}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def table(path: Path, content: str, **parameters: Any) -> Generic:
    path.write_text(content, encoding="utf-8", newline="")
    return Generic(path=path, **parameters)


def test_building_a_table_opens_nothing(path: Path) -> None:
    assert Generic(path=path).path == path


def test_a_table_without_names_has_no_columns_to_tell(path: Path) -> None:
    assert table(path, "1,2\n").columns() is None


def test_names_are_in_the_row_that_is_told(path: Path) -> None:
    content = 'ignored\n# comment\n\nfirst row\n"a, b",c\n1,2\n'

    assert table(path, content, ignore=1, names_row=1, comment="#").columns() == ["a, b", "c"]


def test_rows_are_dictionaries_of_text(path: Path) -> None:
    rows = list(table(path, 'a,b\n1," x\n""y"""\n,z\n', names_row=0))

    assert rows == [{"a": "1", "b": ' x\n"y"'}, {"a": "", "b": "z"}]


def test_columns_without_name_are_numbered(path: Path) -> None:
    assert list(table(path, "1,2\n")) == [{"column_0": "1", "column_1": "2"}]


def test_missing_values_are_none(path: Path) -> None:
    assert list(table(path, "1,NA\n", missing=["NA"])) == [{"column_0": "1", "column_1": None}]


def test_quotes_are_text_where_there_is_no_quoting(path: Path) -> None:
    assert list(table(path, '1" ,"2\n', quote="")) == [{"column_0": '1" ', "column_1": '"2'}]


@pytest.mark.parametrize("content", ["a,a\n1,2\n", "a,a\n"], ids=["with a row", "without"])
@pytest.mark.parametrize("read", [list, Generic.polars])
def test_two_columns_of_one_name_are_an_error(
    path: Path, content: str, read: Callable[[Generic], object]
) -> None:
    with pytest.raises(DataFormatError, match="same name"):
        read(table(path, content, names_row=0))


@pytest.fixture(params=[100, csv.field_size_limit()])
def limit(request: pytest.FixtureRequest) -> Iterator[int]:
    """The length of the fields that programs which use Python's `csv` take."""
    usual = csv.field_size_limit(request.param)
    yield request.param
    csv.field_size_limit(usual)


def test_quoted_fields_may_be_of_any_length_whatever_other_programs_take(
    path: Path, limit: int
) -> None:
    text = 'say "hi", \n' * limit
    texts = table(path, '"{}",1\n'.format(text.replace('"', '""')))

    assert list(texts) == [{"column_0": text, "column_1": "1"}]
    assert texts.polars().rows() == [(text, 1)]
    with pytest.raises(csv.Error):
        next(csv.reader(["x" * (limit + 1)]))


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_a_row_of_another_length_is_an_error(path: Path, row: str) -> None:
    with pytest.raises(DataFormatError) as caught:
        list(table(path, f"1,2\n{row}\n"))

    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_too_long_at_the_end_does_not_make_good_for_one_too_short(
    path: Path, quote: str
) -> None:
    cut = table(path, f"{quote}1{quote},2,3\n1,2\n1,2,3,")

    for read in (lambda: list(cut), cut.polars, lambda: list(cut.batches())):
        with pytest.raises(DataFormatError) as caught:
            read()
        assert caught.value.where == f"{path}:2"


class TestTypes:
    def types(self, path: Path, *texts: str) -> Any:
        return table(path, "".join(f"{text},x\n" for text in texts)).polars().dtypes[0]

    def test_integers(self, path: Path) -> None:
        assert self.types(path, "1", "-2", " 3") == pl.Int64

    def test_floats(self, path: Path) -> None:
        assert self.types(path, "1", "2.5") == pl.Float64

    def test_text(self, path: Path) -> None:
        assert self.types(path, "1", "2.5", "x") == pl.String

    def test_empty_fields_do_not_count(self, path: Path) -> None:
        assert self.types(path, "", "2") == pl.Int64

    @pytest.mark.parametrize("text", [" NA", "NA\t", "NA", " ", ""])
    def test_missing_values_do_not_count_whatever_blanks_are_around(
        self, path: Path, text: str
    ) -> None:
        frame = table(path, f"{text},x\n1,y\n", missing=["NA"]).polars()

        assert frame.dtypes == [pl.Int64, pl.String]
        assert frame.rows() == [(None, "x"), (1, "y")]

    def test_blanks_count_where_a_missing_value_has_them(self, path: Path) -> None:
        marked = table(path, "-, -\n1,1\n", missing=[" -"])

        assert marked.polars().rows() == [("-", None), ("1", 1)]

    @pytest.mark.parametrize("mark", ["-1", "9999999999999999999"])
    def test_a_missing_value_may_look_like_a_number(self, path: Path, mark: str) -> None:
        frame = table(path, f"{mark},{mark},{mark}\n1,2.5,x\n", missing=[mark]).polars()

        assert frame.dtypes == [pl.Int64, pl.Float64, pl.String]
        assert frame.rows() == [(None, None, None), (1, 2.5, "x")]

    def test_thousands_of_columns_have_types_of_their_own(self, path: Path) -> None:
        rows = [(1, 2.5, "x", None), (2, -1.0, "", 3)] * 2
        texts = [",".join("" if value is None else str(value) for value in row) for row in rows]

        frame = table(path, "".join(",".join([text] * 1000) + "\n" for text in texts)).polars()

        assert frame.dtypes == [pl.Int64, pl.Float64, pl.String, pl.Int64] * 1000
        assert frame.rows() == [row * 1000 for row in rows]

    def test_nothing_is_text(self, path: Path) -> None:
        assert self.types(path, "", "") == pl.String

    def test_integers_too_large_for_64_bits_stay_as_they_are(self, path: Path) -> None:
        assert self.types(path, "1", "9223372036854775808") == pl.String

    def test_they_are_found_from_all_rows(self, path: Path) -> None:
        content = "1,2\n" * 2_000_000 + "1,x\n"

        assert table(path, content).polars().dtypes == [pl.Int64, pl.String]

    @pytest.mark.parametrize(
        ("first", "last", "expected"),
        [
            ("1", "2", [1, 2]),
            ("1", "2.5", [1.0, 2.5]),
            ("007", "x", ["007", "x"]),
            ("0.10", "9223372036854775808", ["0.10", "9223372036854775808"]),
            (" ", "1", [None, 1]),
            (" ", "x", [" ", "x"]),
        ],
    )
    def test_they_are_the_same_in_however_many_blocks_the_values_come(
        self,
        path: Path,
        monkeypatch: pytest.MonkeyPatch,
        first: str,
        last: str,
        expected: list[Any],
    ) -> None:
        monkeypatch.setattr(generic, "open_lines", partial(open_lines, chunk_bytes=1))

        assert table(path, f"{first},a\n{last},b\n").polars()["column_0"].to_list() == expected

    def test_the_file_is_parsed_once_where_the_first_rows_tell_them(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = []

        def open_small(path: Path, dialect: Dialect) -> AbstractContextManager[LineSource]:
            opened.append(path)
            return open_lines(path, dialect, chunk_bytes=1)

        monkeypatch.setattr(generic, "open_lines", open_small)

        rows = '"1",2.5,x,\n"2",1,y,\n'
        assert table(path, rows).polars().rows() == [(1, 2.5, "x", ""), (2, 1.0, "y", "")]
        assert opened == [path]

    def test_they_can_be_given(self, path: Path) -> None:
        frame = table(path, "zip,n\n00501,1\n", names_row=0).polars({"zip": pl.String})

        assert frame.rows() == [("00501", 1)]

    def test_a_value_of_another_type_than_given_is_an_error(self, path: Path) -> None:
        with pytest.raises(DataFormatError) as caught:
            table(path, "n\n1\n2.5\n", names_row=0).polars({"n": pl.Int64})

        assert (caught.value.where, caught.value.found) == (f"{path}:3", "'2.5'")

    def test_texts_may_be_categories(self, path: Path) -> None:
        frame = table(path, 'a\n x\n""\n', names_row=0).polars({"a": pl.Enum([" x", ""])})

        assert frame.rows() == [(" x",), ("",)]

    def test_a_text_that_is_no_category_is_an_error(self, path: Path) -> None:
        with pytest.raises(DataFormatError) as caught:
            table(path, "a\nx\ny\n", names_row=0).polars({"a": pl.Enum(["x"])})

        assert (caught.value.where, caught.value.found) == (f"{path}:3", "'y'")

    @pytest.mark.parametrize(
        "element_type",
        [pl.Date, pl.Boolean, pl.List(pl.Int8), pl.Decimal, pl.Decimal(10, 2), "Int64"],
    )
    def test_a_type_that_texts_do_not_become_of_is_an_error(
        self, path: Path, element_type: Any
    ) -> None:
        with pytest.raises(ParameterError, match="'a' can't be read as that type"):
            table(path, "a\n1\n", names_row=0).polars({"a": element_type})

    @pytest.mark.skipif(not hasattr(pl, "Int128"), reason="polars has them since 1.18")
    @pytest.mark.parametrize(("method", "module"), [("arrow", "pyarrow"), ("pandas", "pandas")])
    def test_a_type_that_another_library_lacks_is_an_error_there(
        self, path: Path, method: str, module: str
    ) -> None:
        pytest.importorskip(module, reason=f"{module} is not installed")
        wide = table(path, f"a\n{2**100}\n", names_row=0)

        assert wide.polars({"a": pl.Int128}).rows() == [(2**100,)]
        with pytest.raises(ParameterError, match=r"'a' of that type .* found Int128"):
            getattr(wide, method)({"a": pl.Int128})

    def test_a_type_for_no_column_is_an_error(self, path: Path) -> None:
        with pytest.raises(ParameterError, match="no column"):
            table(path, "1\n").polars({"n": pl.Int64})


def test_a_table_opens_in_polars(path: Path) -> None:
    frame = table(path, "a,b,c\n1,x,\n2,,0.5\n", names_row=0).polars()

    assert frame.rows(named=True) == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": "", "c": 0.5}]


def test_a_column_may_have_an_empty_name_as_that_of_an_index_has(path: Path) -> None:
    indexed = table(path, ",a\n0,x\n1,y\n", names_row=0)
    for rows in (list(indexed), indexed.polars().to_dicts(), next(indexed.batches()).to_dicts()):
        assert [list(row) for row in rows] == [["", "a"]] * 2
        assert [str(row[""]) for row in rows] == ["0", "1"]


def test_other_libraries_take_an_empty_name_too(path: Path) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    indexed = table(path, ",a\n0,x\n1,y\n", names_row=0)
    assert indexed.arrow().to_pylist() == [{"": 0, "a": "x"}, {"": 1, "a": "y"}]
    assert indexed.pandas().to_dict("records") == [{"": 0, "a": "x"}, {"": 1, "a": "y"}]


def test_missing_text_is_null_in_polars(path: Path) -> None:
    assert table(path, "x,NA\n,1\n", missing=["NA", ""]).polars().rows() == [("x", None), (None, 1)]


def test_a_table_opens_in_pandas(path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")

    frame = table(path, "a,b\n1,x\n2,y\n", names_row=0).pandas()

    pandas.testing.assert_frame_equal(frame, pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]}))


def test_a_table_opens_in_arrow(path: Path) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")

    rows = table(path, "a,b\n1,x\n2,y\n", names_row=0).arrow().to_pylist()

    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


@pytest.mark.parametrize(("method", "module"), [("arrow", "pyarrow"), ("pandas", "pandas")])
def test_a_library_that_is_not_installed_is_told(
    path: Path, method: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name == module:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr("sys.meta_path", [Absent()])
    monkeypatch.delitem(sys.modules, module, raising=False)

    with pytest.raises(ImportError, match=rf"pip install '?datamaestro-format-csv\[{method}\]"):
        getattr(table(path, "1\n"), method)()


class TestBatches:
    def test_they_have_the_rows_asked_for_in_order(self, path: Path) -> None:
        batches = list(table(path, "".join(f"{n}\n" for n in range(10))).batches(4))

        assert [batch["column_0"].to_list() for batch in batches] == [
            [0, 1, 2, 3],
            [4, 5, 6, 7],
            [8, 9],
        ]

    def test_they_all_have_the_same_types(self, path: Path) -> None:
        batches = table(path, "1\n2\n\n3.5\n").batches(1)

        assert [batch.dtypes for batch in batches] == [[pl.Float64]] * 3

    def test_they_cross_blocks(self, path: Path) -> None:
        content = "".join(f"{n},0.5\n" for n in range(1_000_000))

        sizes = [len(batch) for batch in table(path, content).batches(300_000)]

        assert sizes == [300_000, 300_000, 300_000, 100_000]

    def test_a_table_without_rows_has_none(self, path: Path) -> None:
        assert list(table(path, "a,b\n", names_row=0).batches()) == []

    @pytest.mark.parametrize("rows", [0, -1])
    def test_they_need_a_size(self, path: Path, rows: int) -> None:
        with pytest.raises(ParameterError):
            next(table(path, "1\n").batches(rows))


@pytest.mark.parametrize("content", ["", "a,b\n"])
def test_a_table_without_rows_is_empty(path: Path, content: str) -> None:
    frame = table(path, content, names_row=0 if content else -1).polars()

    assert frame.shape == (0, 2 if content else 0)


@needs_mirror
def test_diamonds_are_the_same_row_by_row_and_whole() -> None:
    diamonds = Generic(path=SEABORN / "diamonds.csv", names_row=0)

    frame = diamonds.polars()
    rows = list(diamonds)

    assert frame.shape == (53940, 10)
    assert [row["cut"] for row in rows] == frame["cut"].to_list()
    assert [float(row["carat"] or "nan") for row in rows] == frame["carat"].to_list()


@needs_mirror
def test_titanic_has_unknown_ages() -> None:
    frame = Generic(path=SEABORN / "titanic.csv", names_row=0).polars()

    assert frame["age"].null_count() == 177
    assert frame["age"].dtype == pl.Float64
