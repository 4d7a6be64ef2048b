"""Lines, JSON Lines and TSV: reading in order, by number and by id."""

from __future__ import annotations

import gzip
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from datamaestro.errors import DataFormatError, ParameterError, SettingsError
from datamaestro_format_text import TSV, JSONLines, Lines

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
SHAKESPEARE = (
    MIRROR / "raw.githubusercontent.com/karpathy/char-rnn"
    "/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"
)
MULTI30K = (
    MIRROR / "raw.githubusercontent.com/multi30k/dataset"
    "/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw"
)

needs_mirror = pytest.mark.skipif(not MIRROR.is_dir(), reason=f"no real files at {MIRROR}")


@pytest.fixture(params=["plain", "gzip"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return tmp_path / f"text.{request.param}"


def write(path: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if path.suffix == ".gzip" else data)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\nb\n", ["a", "b"]),
        ("a\n\nb", ["a", "", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\n", ["a\rb"]),
        ("\ufeffa\nb\n", ["a", "b"]),
        ("\ufeff", []),
        ("\ufeff\ufeffa\n\ufeffb\n", ["\ufeffa", "\ufeffb"]),
        ("é\u2028\x0b\x1e\nß\n", ["é\u2028\x0b\x1e", "ß"]),
    ],
)
def test_lines_are_the_same_in_order_and_by_number(
    path: Path, content: str, expected: list[str]
) -> None:
    lines = Lines(path=write(path, content))

    assert list(lines) == expected
    assert len(lines) == len(expected)
    assert [lines[number] for number in range(len(expected))] == expected


def test_numbers_and_slices_are_those_of_a_list(path: Path) -> None:
    expected = [str(number) for number in range(10)]
    lines = Lines(path=write(path, "\n".join(expected)))

    assert (lines[-1], lines[-10]) == ("9", "0")
    assert lines[2:9:3] == expected[2:9:3]
    assert lines[::-1] == expected[::-1]
    for number in (10, -11):
        with pytest.raises(IndexError, match="10 records"):
            lines[number]


def test_building_records_opens_nothing(path: Path) -> None:
    assert Lines(path=path).path == path


def test_another_encoding_is_read(path: Path) -> None:
    rows = TSV(path=write(path, "é\tà\n".encode("latin-1")), encoding="latin-1", id_column=0)

    assert list(rows) == [["é", "à"]]
    assert rows.get("é") == ["é", "à"]


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-16",
        "utf-32-le",
        "cp037",
        "no such encoding",
        "base64",
        "rot13",
        "undefined",
        "\0",
    ],
)
def test_encodings_whose_line_ends_are_not_one_byte_are_refused(encoding: str) -> None:
    with pytest.raises(ParameterError, match="encoding"):
        Lines(path="x", encoding=encoding)


def test_text_in_another_encoding_is_an_error_with_its_line(path: Path) -> None:
    lines = Lines(path=write(path, b"a\n\xff\nb\n"))

    assert lines[2] == "b"
    for read in (lambda: list(lines), lambda: lines[1]):
        with pytest.raises(DataFormatError) as caught:
            read()
        assert caught.value.where == f"{path}:2"


def test_gzip_in_gzip_is_unpacked_once_however_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gzip", gzip.compress(b"a\nb\n"))
    lines = Lines(path=path, encoding="latin-1")

    assert [lines[number] for number in range(len(lines))] == list(iter(lines))


@pytest.fixture(params=["isal", "the standard library alone"])
def inflating(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "isal":
        monkeypatch.setitem(sys.modules, "isal", None)


@pytest.mark.usefixtures("inflating")
def test_gzip_is_unpacked_with_isal_or_without(tmp_path: Path) -> None:
    assert list(Lines(path=write(tmp_path / "x.gzip", "a\nb\n"))) == ["a", "b"]


@pytest.mark.usefixtures("inflating")
def test_damaged_gzip_data_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(os.urandom(10_000))[:-100])

    for read in (list, len):
        with pytest.raises(DataFormatError, match="gzip"):
            read(Lines(path=path))

    assert [item.name for item in tmp_path.iterdir()] == ["x.gz"]


class TestJSONLines:
    def test_values_are_read(self, path: Path) -> None:
        values = JSONLines(path=write(path, '{"a": 1}\n[2, "é"]\n3\r\n'))

        assert list(values) == [{"a": 1}, [2, "é"], 3]
        assert values[1] == [2, "é"]

    def test_values_are_found_by_text_and_by_integer(self, path: Path) -> None:
        content = '{"id": 7, "x": 1}\n{"x": 2, "id": "é"}\n{"id": "7"}\n'
        values = JSONLines(path=write(path, content), id_field="id")

        assert values.get(7) == values.get("7") == {"id": 7, "x": 1}
        assert values.get("é") == {"x": 2, "id": "é"}
        assert values.get("8") is None
        assert values.get("8", "none") == "none"

    def test_halves_of_characters_are_ids_as_others(self, path: Path) -> None:
        values = JSONLines(path=write(path, '{"id": "\\ud800"}\n{"id": "a"}\n'), id_field="id")

        assert (values.get("\ud800"), values.get("\udfff")) == ({"id": "\ud800"}, None)

    @pytest.mark.parametrize("line", ["", "{", '{"id": 1', "[" * 100_000])
    def test_what_is_no_json_is_an_error_with_its_line(self, path: Path, line: str) -> None:
        values = JSONLines(path=write(path, f"1\n{line}\n"), id_field=None)

        for read in (lambda: list(values), lambda: values[1]):
            with pytest.raises(DataFormatError) as caught:
                read()
            assert caught.value.where == f"{path}:2"

    @pytest.mark.parametrize("line", ["", "{", '{"id": 1'])
    def test_the_only_line_in_an_error_is_that_of_the_file(self, path: Path, line: str) -> None:
        values = JSONLines(path=write(path, f'{{"id": 1}}\n{line}\r\n'), id_field="id")

        for read in (lambda: list(values), lambda: values.get("1")):
            with pytest.raises(DataFormatError, match="line 1 column"):
                read()

    @pytest.mark.parametrize("line", ["{}", "3", "[]", '{"id": null}', '{"id": true}', "oops", ""])
    def test_a_line_without_id_is_an_error(self, path: Path, line: str) -> None:
        values = JSONLines(path=write(path, f'{{"id": 1}}\n{line}\n'), id_field="id")

        with pytest.raises(DataFormatError) as caught:
            values.get("1")

        assert caught.value.where == f"{path}:2"


class TestTSV:
    def test_rows_are_lists_of_text(self, path: Path) -> None:
        rows = TSV(path=write(path, 'a\t"b\n\t\t\nc\n'))

        assert list(rows) == [["a", '"b'], ["", "", ""], ["c"]]
        assert rows.columns() is None

    @pytest.mark.parametrize("column", [1, -2, "key"])
    def test_rows_are_found_by_any_column(self, path: Path, column: int | str) -> None:
        content = "text\tkey\tmore\na\tk1\tx\nb\tk2\ty\r\n"
        rows = TSV(path=write(path, content), header=True, id_column=column)

        assert rows.columns() == ["text", "key", "more"]
        assert rows.get("k2") == ["b", "k2", "y"]
        assert rows.get("k3") is None
        assert rows[0] == ["a", "k1", "x"]
        assert len(rows) == 2

    @pytest.mark.parametrize("column", [0, 1])
    def test_an_id_may_end_the_line(self, path: Path, column: int) -> None:
        content = "7\r\n8\n9" if column == 0 else "a\t7\r\na\t8\na\t9"
        rows = TSV(path=write(path, content), id_column=column)

        assert [rows.get(key) is not None for key in "7890"] == [True, True, True, False]

    @pytest.mark.parametrize("column", [0, 1, -2])
    def test_an_id_may_end_with_a_carriage_return_where_the_line_goes_on(
        self, path: Path, column: int
    ) -> None:
        content = "a\r\ta\r\tx\r\na\ta\ty\r\n"
        rows = TSV(path=write(path, content), id_column=column)

        assert rows.get("a\r") == ["a\r", "a\r", "x"]
        assert rows.get("a") == ["a", "a", "y"]

    def test_the_first_of_rows_with_one_id_is_found(self, path: Path) -> None:
        rows = TSV(path=write(path, "k\t1\nx\t2\nk\t3\n"), id_column=0)

        assert rows.get("k") == ["k", "1"]

    def test_names_can_be_given(self, path: Path) -> None:
        rows = TSV(path=write(path, "7\tx\n"), names=["id", "text"], id_column="id")

        assert rows.columns() == ["id", "text"]
        assert rows.get("7") == ["7", "x"]

    def test_rows_must_have_as_many_fields_as_names(self, path: Path) -> None:
        rows = TSV(path=write(path, "a\tb\n1\t2\n3\n"), header=True)

        for read in (lambda: list(rows), lambda: rows[1]):
            with pytest.raises(DataFormatError) as caught:
                read()
            assert caught.value.where == f"{path}:3"

    def test_a_row_without_id_is_an_error_with_its_line(self, path: Path) -> None:
        rows = TSV(path=write(path, "a\tb\n1\t2\n3\n"), id_column=1)

        with pytest.raises(DataFormatError) as caught:
            rows.get("2")

        assert caught.value.where == f"{path}:3"

    def test_an_unknown_id_column_is_an_error(self, path: Path) -> None:
        with pytest.raises(DataFormatError, match="no such column"):
            TSV(path=write(path, "a\tb\n"), header=True, id_column="c").get("1")

    @pytest.mark.parametrize("parameters", [{"header": True}, {"names": ["id", "x", "id"]}])
    def test_an_id_column_that_is_two_is_an_error(
        self, path: Path, parameters: dict[str, Any]
    ) -> None:
        content = write(path, "id\tx\tid\n1\t2\t3\n")

        with pytest.raises(DataFormatError, match=r"several such columns .*number, found 'id'"):
            TSV(path=content, id_column="id", **parameters).get("3")
        assert TSV(path=content, id_column=-1, **parameters).get("3") == ["1", "2", "3"]

    def test_an_empty_file_has_no_header(self, path: Path) -> None:
        with pytest.raises(DataFormatError, match="empty"):
            TSV(path=write(path, ""), header=True).columns()

    def test_get_needs_to_know_the_ids(self, path: Path) -> None:
        with pytest.raises(ParameterError, match="id_column"):
            TSV(path=write(path, "a\n")).get("a")

    def test_an_integer_and_its_text_are_one_id(self, path: Path) -> None:
        rows = TSV(path=write(path, "7\tx\n"), id_column=0)

        assert rows.get(7) == rows.get("7") == ["7", "x"]

    def test_an_id_that_the_encoding_lacks_is_not_there(self, path: Path) -> None:
        rows = TSV(path=write(path, "a\tx\n"), encoding="latin-1", id_column=0)

        assert rows.get("€", ["none"]) == ["none"]

    @pytest.mark.parametrize(
        ("encoding", "written"),
        [
            ("cp932", b"\xed\x40"),
            ("cp932", b"\xfa\x5c"),
            ("cp950", b"\xf9\xf9"),
            ("utf-7", b"+ZeU"),
            ("utf-7", b"+2AA-"),
            ("iso2022_jp", b"\x1b$BF|\x1b(J"),
        ],
    )
    @pytest.mark.parametrize("column", [0, 1])
    def test_an_id_is_found_however_its_encoding_writes_it(
        self, path: Path, encoding: str, written: bytes, column: int
    ) -> None:
        content = b"%b\tx\na\tb\n" % written if column == 0 else b"x\t%b\na\tb\n" % written
        rows = TSV(path=write(path, content), encoding=encoding, id_column=column)

        for row in list(rows):
            assert rows.get(row[column]) == row

    def test_an_encoding_has_ids_of_its_own(self, path: Path) -> None:
        write(path, b"\xb5\tx\n")

        for encoding, letter in (("latin-1", "µ"), ("iso8859-7", "΅"), ("koi8-r", "╣")):
            assert TSV(path=path, encoding=encoding, id_column=0).get(letter) == [letter, "x"]

    @pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
    def test_a_line_that_can_not_be_decoded_does_not_hide_the_others(
        self, path: Path, encoding: str
    ) -> None:
        rows = TSV(path=write(path, b"a\tx\x81\nb\ty\n"), encoding=encoding, id_column=0)

        assert rows.get("b") == ["b", "y"]
        with pytest.raises(DataFormatError) as caught:
            rows.get("a")
        assert caught.value.where == f"{path}:1"

    @pytest.mark.parametrize(
        "parameters",
        [
            {"id_column": "a"},
            {"header": True, "names": ["a"]},
            {"id_column": 1.5},
            {"names": "id"},
        ],
    )
    def test_parameters_that_make_no_sense_are_refused(self, parameters: dict[str, Any]) -> None:
        with pytest.raises(ParameterError):
            TSV(path="x", **parameters)


def test_many_rows_are_found_by_id(path: Path) -> None:
    keys = [f"D{number * 7919 % 50_000}" for number in range(50_000)]
    write(path, "".join(f"{key}\ttext of {key}\n" for key in keys))

    rows = TSV(path=path, id_column=0)

    assert all(rows.get(key) == [key, f"text of {key}"] for key in keys)
    assert rows.get("D50000") is None


@settings(deadline=None)
@given(keys=st.lists(st.binary(max_size=12).filter(lambda key: not set(key) & set(b"\t\r\n"))))
def test_any_bytes_are_found_as_ids(
    keys: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ids") / "rows.tsv"
    keys = [b"-", *keys]
    path.write_bytes(b"".join(b"%b\t%d\n" % (key, row) for row, key in enumerate(keys)))
    rows = TSV(path=path, encoding="latin-1", id_column=0)

    for key in keys:
        assert rows.get(key.decode("latin-1")) == [key.decode("latin-1"), str(keys.index(key))]


@needs_mirror
def test_shakespeare_is_read() -> None:
    expected = SHAKESPEARE.read_text(encoding="utf-8").splitlines()

    assert list(Lines(path=SHAKESPEARE)) == expected


@needs_mirror
def test_compressed_sentences_are_aligned() -> None:
    english = list(Lines(path=MULTI30K / "train.en.gz"))
    german = list(Lines(path=MULTI30K / "train.de.gz"))

    assert len(english) == len(german) == 29_000
    assert english[0] == "Two young, White males are outside near many bushes."


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64"])
def test_a_number_may_be_one_of_numpy(path: Path, dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    write(path, "".join(f"{number}\n" for number in range(300)))
    lines = Lines(path=path)
    assert [lines[number] for number in numpy.array([0, 100], dtype)] == ["0", "100"]
    with pytest.raises(TypeError):
        lines[1.0]  # type: ignore[call-overload]


def test_a_file_is_opened_in_its_own_encoding(tmp_path: Path) -> None:
    lines = Lines(path=write(tmp_path / "a.txt", "caf\xe9\n".encode("latin-1")), encoding="latin-1")
    with lines.open("r") as file:
        assert file.read() == "café\n"


def test_who_has_no_home_reads_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise SettingsError("this path leads nowhere")

    monkeypatch.setattr("datamaestro_format_text.storage.user_cache", homeless)
    assert len(Lines(path=write(path, "a\nb\n"))) == 2


def test_a_name_is_not_the_names_of_columns(path: Path) -> None:
    with pytest.raises(ParameterError):
        TSV(path=path, names="id")
