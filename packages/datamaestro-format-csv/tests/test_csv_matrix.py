"""What matrices in CSV files become, and what is said of those that aren't."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datamaestro.errors import DataFormatError, ParameterError
from datamaestro_format_csv import Matrix
from datamaestro_format_csv.stack import Stack

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
UCI = MIRROR / "archive.ics.uci.edu/ml/machine-learning-databases"
PMLB = MIRROR / "github.com/EpistasisLab/pmlb/raw/master/datasets"

needs_mirror = pytest.mark.skipif(not MIRROR.is_dir(), reason=f"no real files at {MIRROR}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "matrix.csv"


def matrix(path: Path, content: str | bytes, **parameters: Any) -> Matrix:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Matrix(path=path, **parameters)


def failure(table: Matrix) -> DataFormatError:
    with pytest.raises(DataFormatError) as caught:
        table.data()
    return caught.value


def test_a_file_without_names_is_a_matrix(path: Path) -> None:
    fields, data = matrix(path, "1,2,3\n4,5,6\n").data()

    assert fields == []
    assert data.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert data.dtype == np.float64
    assert data.flags.c_contiguous


def test_names_and_target_are_told_apart(path: Path) -> None:
    fields, data, target = matrix(path, "a,b,c\n1,2,3\n4,5,6\n", names_row=0, target="b").data()

    assert fields == ["a", "b", "c"]
    assert data.tolist() == [[1, 3], [4, 6]]
    assert target.tolist() == [2, 5]
    assert target.dtype == np.float64


@pytest.mark.parametrize("number", [2, -1])
def test_a_target_is_named_by_its_number_too(path: Path, number: int) -> None:
    _, data, target = matrix(path, "1,2,3\n4,5,6\n", target=number).data()

    assert data.tolist() == [[1, 2], [4, 5]]
    assert target.tolist() == [3, 6]


def test_the_first_column_can_be_the_target(path: Path) -> None:
    assert matrix(path, "1,2\n3,4\n", target=0).data()[2].tolist() == [1, 3]


def test_single_precision_is_given_when_asked(path: Path) -> None:
    _, data, target = matrix(path, "0.1,1e39\n", target=1).data("float32")

    assert data.dtype == target.dtype == np.float32
    assert data[0, 0] == np.float32(0.1)
    assert np.isinf(target[0])


@pytest.mark.parametrize("dtype", ["int64", "float16", "U3", "no type"])
def test_other_types_are_refused(path: Path, dtype: str) -> None:
    with pytest.raises(ParameterError, match="wrong type of numbers"):
        matrix(path, "1\n").data(dtype)


def test_a_target_of_text_is_an_array_of_text(path: Path) -> None:
    _, data, target = matrix(path, "1,red\n2,green\n3,\n", target=-1).data()

    assert data.tolist() == [[1], [2], [3]]
    assert target.tolist() == ["red", "green", ""]
    assert target.dtype.kind == "U"


def test_a_target_of_text_may_begin_with_an_empty_text(path: Path) -> None:
    target = matrix(path, "1,\n2,red\n", target=-1).data()[2]

    assert target.tolist() == ["", "red"]


def test_a_missing_value_in_a_target_of_text_is_empty(path: Path) -> None:
    target = matrix(path, "1,?\n2,red\n3,?\n", target=-1, missing=["?"]).data()[2]

    assert target.tolist() == ["", "red", ""]


@pytest.mark.parametrize("line", ["1,?\n", '"1",?\n'])
def test_a_target_of_text_may_begin_with_many_missing_values(path: Path, line: str) -> None:
    content = line * 2_500_000 if line[0] == "1" else line * 40_000
    target = matrix(path, content + "3,red\n", target=-1, missing=["?"]).data()[2]

    assert target[-2:].tolist() == ["", "red"]


def test_a_target_of_missing_values_alone_is_of_numbers(path: Path) -> None:
    target = matrix(path, "1,?\n2,?\n", target=-1, missing=["?"]).data()[2]

    np.testing.assert_array_equal(target, [np.nan, np.nan])


def test_a_target_of_numbers_may_begin_with_a_missing_value_after_a_blank(path: Path) -> None:
    target = matrix(path, "1, ?\n2, 3.5\n", target=-1, missing=["?"]).data()[2]

    np.testing.assert_array_equal(target, [np.nan, 3.5])


def test_a_target_that_begins_with_a_number_is_of_numbers(path: Path) -> None:
    error = failure(matrix(path, "1,2\n3,4O\n", target=-1))

    assert error.where == f"{path}:2"
    assert error.found == "'4O'"


def test_the_stated_size_is_checked(path: Path) -> None:
    content = "2,1,,\nx,y\n1,2\n3,4\n"

    _, data, target = matrix(path, content, size_row=0, names_row=1, target="y").data()

    assert (data.shape, target.shape) == ((2, 1), (2,))


@pytest.mark.parametrize("size", ["3,2", "2,1", "2", "two,2", "2.0,2"])
def test_another_size_than_stated_is_an_error(path: Path, size: str) -> None:
    error = failure(matrix(path, f"{size}\n1,2\n3,4\n", size_row=0))

    assert "stated numbers" in error.message
    assert error.where == f"{path}:1"


@pytest.mark.parametrize("target", [None, 0, -1, 3])
def test_the_stated_size_tells_the_columns_where_there_is_no_row(
    path: Path, target: int | None
) -> None:
    fields, data, *targets = matrix(path, "0,3\n", size_row=0, target=target).data()

    assert (fields, data.shape) == ([], (0, 3))
    assert [values.shape for values in targets] == ([] if target is None else [(0,)])


@pytest.mark.parametrize("size", ["1,3", "0,-3", f"0,{10**30}", "0", "0,x"])
def test_a_stated_size_is_checked_where_there_is_no_row(path: Path, size: str) -> None:
    assert "stated numbers" in failure(matrix(path, f"{size}\n", size_row=0)).message


def test_the_row_of_sizes_can_follow_the_names(path: Path) -> None:
    table = matrix(path, "x,y\n1,2\n8,9\n", size_row=1, names_row=0)

    assert table.data()[0] == ["x", "y"]


def test_ignored_lines_may_hold_anything(path: Path) -> None:
    table = matrix(path, 'a "title, broken\n\n1,2\n', ignore=2)

    assert table.data()[1].tolist() == [[1, 2]]


@pytest.mark.parametrize("content", ["", "title\n", "title\n% units"])
def test_a_file_that_is_cut_off_in_what_is_ignored_is_an_error(path: Path, content: str) -> None:
    error = failure(matrix(path, content, ignore=3))

    assert "ends before its heading" in error.message
    assert error.found == f"{len(content.splitlines())} lines"


def test_a_file_may_end_with_what_is_ignored(path: Path) -> None:
    assert matrix(path, "title\n% units", ignore=2).data()[1].shape == (0, 0)


@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n", "a,b"])
def test_no_row_is_an_empty_matrix(path: Path, content: str) -> None:
    named = content.startswith("a")

    fields, data = matrix(path, content, names_row=0 if named else -1).data()

    assert data.shape == (0, len(fields))


def test_no_row_is_an_empty_target(path: Path) -> None:
    assert matrix(path, "", target=-1).data()[2].shape == (0,)


def test_a_target_alone_leaves_a_matrix_without_columns(path: Path) -> None:
    _, data, target = matrix(path, "1\n2\n", target=0).data()

    assert data.shape == (2, 0)
    assert target.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "parameters"),
    [
        ("1;2\n3;4\n", {"delimiter": ";"}),
        ("1\t2\n3\t4\n", {"delimiter": "\t"}),
        ("1,2\r\n3,4\r\n", {}),
        ("1,2\n3,4", {}),
        ("1,2\n\n\r\n3,4\n\n", {}),
        ("\ufeff1,2\n3,4\n", {}),
        ('"1","2"\n"3",4\n', {}),
        ("'1','2'\n3,'4'\n", {"quote": "'"}),
        ("# by hand\n1,2\n# and more, of it\n3,4\n", {"comment": "#"}),
        ('1,2\n// "no" quote\n3,4\n', {"comment": "//"}),
        (" 1, 2 \n\t3\t,4 \n", {}),
        ("+1,2.\n3e0,0.4E1\n", {}),
        ("1,2\n3,4\n".encode("utf-16"), {"encoding": "utf-16"}),
        (gzip.compress(b"1,2\n3,4\n", mtime=0), {}),
        (gzip.compress("1,2\n3,4\n".encode("utf-16"), mtime=0), {"encoding": "utf-16"}),
    ],
)
def test_the_same_numbers_are_read_from_every_notation(
    path: Path, content: str | bytes, parameters: dict[str, Any]
) -> None:
    assert matrix(path, content, **parameters).data()[1].tolist() == [[1, 2], [3, 4]]


def test_names_are_read_in_the_encoding_of_the_file(path: Path) -> None:
    table = matrix(path, "prix,année\n1,2\n".encode("latin-1"), names_row=0, encoding="latin-1")

    assert table.data()[0] == ["prix", "année"]


def test_comments_that_begin_as_numbers_do_are_no_rows(path: Path) -> None:
    _, data = matrix(path, "1,2\n-3,4\n5,6\n", comment="-").data()

    assert data.tolist() == [[1, 2], [5, 6]]


def test_infinite_values_and_nan_are_numbers(path: Path) -> None:
    data = matrix(path, "inf,-Infinity,NaN,nan\n").data()[1]

    np.testing.assert_array_equal(data, [[np.inf, -np.inf, np.nan, np.nan]])


class TestMissingValues:
    def test_they_are_nan_where_they_are_allowed(self, path: Path) -> None:
        data = matrix(path, "1,?,3\n,5, NA \n", missing=["?", "", "NA"]).data()[1]

        np.testing.assert_array_equal(data, [[1, np.nan, 3], [np.nan, 5, np.nan]])

    def test_a_number_can_stand_for_them(self, path: Path) -> None:
        data = matrix(path, "1,-999\n-999.5,3\n", missing=["-999"]).data()[1]

        np.testing.assert_array_equal(data, [[1, np.nan], [-999.5, 3]])

    def test_other_notations_of_that_number_do_not(self, path: Path) -> None:
        data = matrix(path, "-999,-999.0\n", missing=["-999"]).data()[1]

        np.testing.assert_array_equal(data, [[np.nan, -999]])

    def test_one_text_need_not_be_a_list(self, path: Path) -> None:
        data = matrix(path, "1,NA\n", missing="NA").data()[1]

        np.testing.assert_array_equal(data, [[1, np.nan]])

    @pytest.mark.parametrize("content", ["1,2\n3,\n", "1,2\n,4\n", '1,2\n"",4\n'])
    def test_they_are_errors_where_they_are_not(self, path: Path, content: str) -> None:
        error = failure(matrix(path, content))

        assert (error.where, error.found) == (f"{path}:2", "''")

    def test_an_empty_field_is_an_error_where_only_others_are(self, path: Path) -> None:
        assert failure(matrix(path, "?,2\n3,\n", missing=["?"])).where == f"{path}:2"


class TestErrors:
    @pytest.mark.parametrize(
        "text", ["abc", "1 2", "0x10", "1_0", "1,5", "--1", "٣", "1d5", "true"]
    )
    def test_a_value_that_is_no_number_is_told_with_its_place(self, path: Path, text: str) -> None:
        quoted = f'"{text}"' if "," in text else text

        error = failure(matrix(path, f"x,y\n1,2\n3,{quoted}\n", names_row=0))

        assert error.where == f"{path}:3"
        assert error.message == "a value in column 'y' can't be read"
        assert (error.expected, error.found) == ("a number", repr(text))

    def test_columns_without_name_are_told_by_number(self, path: Path) -> None:
        assert "column 1 (from 0)" in failure(matrix(path, "1,x\n")).message

    def test_lines_are_those_of_the_file(self, path: Path) -> None:
        content = 'title\n# c\nx,y\n\n1,2\n# c\n3,"4"\n\n5,six\n'

        error = failure(matrix(path, content, ignore=1, names_row=0, comment="#"))

        assert error.where == f"{path}:9"

    def test_the_line_is_right_far_into_a_large_file(self, path: Path) -> None:
        rows = ["0.123456789,2.5"] * 900_000
        rows[700_000] = "1,x"

        assert failure(matrix(path, "\n".join(rows))).where == f"{path}:700001"

    def test_the_first_wrong_value_is_told(self, path: Path) -> None:
        assert failure(matrix(path, "1,2\n3,x\ny,4\n")).where == f"{path}:2"

    @pytest.mark.parametrize("row", ["1", "1,2,3", "1,2,", " "])
    @pytest.mark.parametrize("missing", [[], [""]])
    def test_rows_of_another_length_are_errors(
        self, path: Path, row: str, missing: list[str]
    ) -> None:
        error = failure(matrix(path, f"1,2\n{row}\n3,4\n", missing=missing))

        assert error.where == f"{path}:2"
        assert "number of fields" in error.message

    @pytest.mark.parametrize("content", ["a,b\n1\n", "a,b\n1,2,3\n"])
    def test_rows_must_have_as_many_fields_as_names(self, path: Path, content: str) -> None:
        assert failure(matrix(path, content, names_row=0)).expected == "2 fields"

    @pytest.mark.parametrize("content", ['1,"2\n', '1,"2\n3,4\n5,6\n', '"1"2,3\n'])
    def test_broken_quoting_is_an_error(self, path: Path, content: str) -> None:
        assert "can't be parsed" in failure(matrix(path, content)).message

    def test_line_ends_of_old_macs_are_an_error(self, path: Path) -> None:
        assert r"rows end with \n" in str(failure(matrix(path, "1,2\r3,4\r")))

    def test_text_in_another_encoding_is_an_error(self, path: Path) -> None:
        error = failure(matrix(path, "1,é\n".encode("latin-1"), target=-1))

        assert (error.where, error.hint) == (
            f"{path}:1",
            "name the encoding of the file with encoding=...",
        )

    def test_half_a_character_is_an_error_with_its_line(self, path: Path) -> None:
        error = failure(matrix(path, b"1,2\n3,\\ud800\n", encoding="unicode_escape"))

        assert error.where == f"{path}:2"
        assert "surrogates" in str(error)

    def test_text_that_the_named_encoding_lacks_is_an_error(self, path: Path) -> None:
        assert "utf-16" in str(failure(matrix(path, b"1,2\n3", encoding="utf-16")))

    @pytest.mark.parametrize(
        ("encoding", "wrong"),
        [("cp1252", b"\x81"), ("ascii", b"\xe9"), ("shift_jis", b"\xff"), ("utf-16-le", b"\0\xdc")],
    )
    def test_the_line_that_can_not_be_decoded_is_told(
        self, path: Path, encoding: str, wrong: bytes
    ) -> None:
        sound = "1,2\n".encode(encoding)
        content = sound * 400_000 + wrong + sound * 10

        error = failure(matrix(path, content, encoding=encoding))

        assert (error.where, error.expected) == (f"{path}:400001", f"text in {encoding}")

    def test_damaged_gzip_data_are_an_error(self, path: Path) -> None:
        assert "gzip" in str(failure(matrix(path, gzip.compress(b"1,2\n" * 1000)[:-10])))

    def test_a_target_that_is_no_column_is_an_error(self, path: Path) -> None:
        error = failure(matrix(path, "a,b\n1,2\n", names_row=0, target="c"))

        assert (error.expected, error.found) == ("a, b", "'c'")

    def test_a_target_by_a_name_that_two_columns_have_is_an_error(self, path: Path) -> None:
        error = failure(matrix(path, "a,a,b\n1,2,3\n", names_row=0, target="a"))

        assert (error.expected, error.found) == ("a, a, b", "'a'")

    @pytest.mark.parametrize("number", [2, -3])
    def test_a_target_beyond_the_columns_is_an_error(self, path: Path, number: int) -> None:
        assert failure(matrix(path, "1,2\n", target=number)).found == str(number)

    def test_a_missing_row_of_names_is_an_error(self, path: Path) -> None:
        assert "heading" in failure(matrix(path, "a,b\n", names_row=1)).message

    def test_a_target_that_numpy_can_not_hold_is_an_error(self, path: Path) -> None:
        assert "NUL" in str(failure(matrix(path, "1,a\0\n", target=-1)))

    def test_a_target_that_needs_gigabytes_in_each_row_for_one_text_is_an_error(
        self, path: Path
    ) -> None:
        text = "1,a\n" * 1_000_000 + f"2,{'b' * 300}\n"
        assert "row 1000000 of" in str(failure(matrix(path, text, target=-1)))

    def test_a_target_of_some_long_texts_is_an_array_all_the_same(self, path: Path) -> None:
        *_, target = matrix(path, "1,a\n" * 1000 + f"2,{'b' * 3000}\n", target=-1).data()
        assert target.dtype == "U3000"
        assert target[-2:].tolist() == ["a", "b" * 3000]


class TestParameters:
    def test_a_target_by_name_needs_names(self) -> None:
        with pytest.raises(ParameterError, match="no row of names"):
            Matrix(path="x.csv", target="a")

    @pytest.mark.parametrize(
        "parameters",
        [
            {"size_row": 0, "names_row": 0},
            {"size_row": -2},
            {"names_row": -2},
            {"ignore": -1},
            {"delimiter": ""},
            {"delimiter": ",,"},
            {"delimiter": "\n"},
            {"delimiter": "é"},
            {"quote": ","},
            {"quote": "''"},
            {"comment": ""},
            {"encoding": "utf-9"},
            {"encoding": "rot13"},
            {"encoding": "undefined"},
            {"encoding": "\0"},
        ],
    )
    def test_those_that_make_no_sense_are_refused(self, parameters: dict[str, Any]) -> None:
        with pytest.raises(ParameterError):
            Matrix(path="x.csv", **parameters)


def test_a_file_of_many_blocks_is_one_matrix(path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((300_000, 5))
    np.savetxt(path, values, "%.17g", ",")
    assert path.stat().st_size > 4 * 4_194_304

    _, data = Matrix(path=path).data()

    np.testing.assert_array_equal(data, values)


def test_a_file_whose_rows_become_longer_is_one_matrix(path: Path) -> None:
    rows = ["1,2"] * 2_000_000 + ["1.000000000000,2.000000000000"] * 200_000
    path.write_text("\n".join(rows))

    _, data = Matrix(path=path).data()

    assert data.shape == (2_200_000, 2)
    assert (data == [1, 2]).all()


def test_a_file_whose_rows_become_shorter_is_one_matrix(path: Path) -> None:
    rows = ["1.000000000000,2.000000000000"] * 200_000 + ["1,2"] * 2_000_000
    path.write_text("\n".join(rows))

    _, data = Matrix(path=path).data()

    assert data.shape == (2_200_000, 2)
    assert (data == [1, 2]).all()


def test_room_is_made_for_what_is_there_and_not_for_any_hope() -> None:
    stack = Stack(4, "float64")

    assert stack.room(1_000_000, 0.5) == 2_040_000
    assert stack.room(1_000_000, 0.0001) * 4 * 8 <= 1 << 30
    assert stack.room(1 << 30, 0.0001) == 4 << 30


def test_quotes_may_appear_late(path: Path) -> None:
    path.write_text("1.000000000000,2.000000000000\n" * 200_000 + '"3","4"\n' + "5,6\n")

    _, data = Matrix(path=path).data()

    assert data[-3:].tolist() == [[1, 2], [3, 4], [5, 6]]


@needs_mirror
def test_iris_is_read_with_its_species() -> None:
    fields, data, target = Matrix(path=UCI / "iris/iris.data", target=-1).data()

    assert (fields, data.shape) == ([], (150, 4))
    assert np.unique(target).tolist() == ["Iris-setosa", "Iris-versicolor", "Iris-virginica"]
    np.testing.assert_allclose(data.mean(axis=0), [5.8433, 3.054, 3.7587, 1.1987], atol=1e-4)


@needs_mirror
def test_wine_quality_is_read() -> None:
    path = UCI / "wine-quality/winequality-white.csv"

    fields, data, target = Matrix(path=path, delimiter=";", names_row=0, target="quality").data()

    assert (fields[0], len(fields), data.shape) == ("fixed acidity", 12, (4898, 11))
    assert np.bincount(target.astype(int)).tolist() == [0, 0, 0, 20, 163, 1457, 2198, 880, 175, 5]


@needs_mirror
@pytest.mark.parametrize(("name", "shape"), [("iris", (150, 4)), ("penguins", (344, 7))])
def test_compressed_tables_of_pmlb_are_read(name: str, shape: tuple[int, int]) -> None:
    path = PMLB / name / f"{name}.tsv.gz"

    table = Matrix(path=path, delimiter="\t", names_row=0, target="target", missing=["NA"])
    fields, data, target = table.data()

    assert fields[-1] == "target"
    assert data.shape == shape
    assert sorted(set(target.tolist())) == [0, 1, 2]


@needs_mirror
def test_a_text_column_of_a_real_file_is_told() -> None:
    error = failure(Matrix(path=UCI / "forest-fires/forestfires.csv", names_row=0))

    assert error.where is not None
    assert error.where.endswith("forestfires.csv:2")
    assert (error.message, error.found) == ("a value in column 'month' can't be read", "'mar'")


@pytest.mark.parametrize(
    ("content", "line"),
    [("\ufeff\ufeff1,2\n3,4\n", 1), ("1,2\n\n\ufeff3,4\n", 3), ("1,2\n#\n\ufeff3,4\n", 3)],
)
def test_a_byte_order_mark_that_is_not_first_is_part_of_a_value(
    path: Path, content: str, line: int
) -> None:
    error = failure(matrix(path, content, comment="#"))
    assert error.where == f"{path}:{line}"
    assert "\\ufeff" in str(error)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_file_that_is_cut_off_after_a_delimiter_is_refused(path: Path, end: str) -> None:
    error = failure(matrix(path, f"1,2\n3,4,{end}"))
    assert error.where == f"{path}:2"
    assert error.expected == "2 fields"


@pytest.mark.parametrize("text", ["5\x0b", "1_0", "٣"])
def test_what_only_python_takes_for_a_number_is_text_as_a_target(path: Path, text: str) -> None:
    _, _, target = matrix(path, f"1,{text}\n2,6\n", target=-1).data()
    assert target.tolist() == [text, "6"]
