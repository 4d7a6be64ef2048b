"""Tables in Parquet files."""

import doctest
import importlib
import os
import subprocess
import sys

import pyarrow
import pyarrow.parquet
import pytest

from datamaestro.errors import DataFormatError, ParameterError
from datamaestro.testing import FormatContract
from datamaestro_format_parquet import Parquet

PETS = pyarrow.table({"name": ["Tom", "Polly", None], "legs": [4, 2, 4]})


class TestParquet(FormatContract):
    data_type = Parquet
    filename = "sample.parquet"


@pytest.fixture
def pets(tmp_path):
    path = tmp_path / "pets.parquet"
    pyarrow.parquet.write_table(PETS, path, row_group_size=2)
    return Parquet(path=path)


def test_a_table_tells_its_size_and_columns(pets):
    assert len(pets) == 3
    assert pets.columns() == ["name", "legs"]


def test_rows_are_read_one_by_one(pets):
    assert list(pets) == PETS.to_pylist()


def test_rows_are_read_in_batches_and_only_in_the_wanted_columns(pets):
    batches = list(pets.batches(rows=2, columns=["legs"]))
    assert [batch.to_pylist() for batch in batches] == [[{"legs": 4}, {"legs": 2}], [{"legs": 4}]]


def test_a_table_is_read_into_arrow_polars_and_pandas(pets):
    assert pets.arrow() == PETS
    assert pets.arrow(["legs"]) == PETS.select(["legs"])
    assert pets.polars()["name"].to_list() == ["Tom", "Polly", None]
    assert pets.pandas(["legs"])["legs"].tolist() == [4, 2, 4]


def test_a_column_that_is_not_there_is_an_error(pets):
    with pytest.raises(ParameterError, match="no such column: expected name, legs, found 'wings'"):
        pets.arrow(["wings"])
    with pytest.raises(ParameterError, match="no such column"):
        list(pets.batches(columns=["wings"]))


@pytest.fixture
def twins(tmp_path):
    """A file with two columns of one name, and one of another."""
    path = tmp_path / "twins.parquet"
    table = pyarrow.Table.from_arrays([[1, 2], [3, 4], [5, 6]], names=["a", "a", "b"])
    pyarrow.parquet.write_table(table, path)
    return Parquet(path=path)


@pytest.mark.parametrize("read", [list, Parquet.polars, lambda table: table.polars(["b", "a"])])
def test_rows_and_polars_refuse_two_columns_of_one_name(twins, read):
    with pytest.raises(DataFormatError, match="two columns have the same name") as caught:
        read(twins)
    assert (caught.value.where, caught.value.found) == (str(twins.path), "'a'")


def test_polars_reads_the_columns_beside_two_of_one_name(twins):
    assert twins.polars(["b"]).to_dicts() == [{"b": 5}, {"b": 6}]


def test_arrow_and_pandas_keep_two_columns_of_one_name(twins):
    (batch,) = twins.batches()
    for table in (batch, twins.arrow(), twins.arrow(["a", "b"])):
        assert table.schema.names == ["a", "a", "b"]
        assert [column.to_pylist() for column in table.columns] == [[1, 2], [3, 4], [5, 6]]
    assert twins.pandas().to_numpy().tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize("columns", [["s.x"], ["s"], ["s.x", "s"], ["s", "s.x"], ["b", "s.x"], []])
def test_a_column_called_like_a_field_of_another_is_read_alone(tmp_path, columns):
    path = tmp_path / "dots.parquet"
    table = pyarrow.table({"s": [{"x": 1, "y": 2}], "s.x": [3], "b": [4]})
    pyarrow.parquet.write_table(table, path)
    dots = Parquet(path=path)
    assert dots.arrow(columns) == table.select(columns)
    assert [batch.to_pylist() for batch in dots.batches(columns=columns)] == [
        table.select(columns).to_pylist()
    ]


def test_a_batch_of_no_rows_is_an_error(pets):
    with pytest.raises(ParameterError, match="1 or more"):
        next(pets.batches(rows=0))


def test_pages_that_are_damaged_are_an_error(pets):
    content = bytearray(pets.path.read_bytes())
    content[4:40] = bytes(36)
    pets.path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"pets\.parquet: not a whole Parquet file"):
        pets.arrow()


READ = [list, Parquet.arrow, Parquet.polars, Parquet.pandas, lambda table: list(table.batches())]


@pytest.mark.parametrize("read", READ)
def test_a_page_that_is_not_what_its_checksum_says_is_an_error(read, tmp_path):
    path = tmp_path / "numbers.parquet"
    numbers = pyarrow.table({"a": range(1000, 2000)})
    pyarrow.parquet.write_table(
        numbers, path, write_page_checksum=True, use_dictionary=False, compression="none"
    )
    content = bytearray(path.read_bytes())
    content[content.index((1500).to_bytes(8, "little"))] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match="checksum"):
        read(Parquet(path=path))


@pytest.mark.parametrize("read", READ)
def test_text_that_is_no_utf8_is_an_error(read, tmp_path):
    offsets, text = (0).to_bytes(4, "little") + (4).to_bytes(4, "little"), b"caf\xe9"
    buffers = map(pyarrow.py_buffer, (offsets, text))
    array = pyarrow.StringArray.from_buffers(1, *buffers)
    pyarrow.parquet.write_table(pyarrow.table({"t": array}), tmp_path / "t.parquet")
    with pytest.raises(DataFormatError, match="UTF8"):
        read(Parquet(path=tmp_path / "t.parquet"))


def test_the_name_of_a_column_that_is_no_utf8_is_an_error(tmp_path):
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"café": [1]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xe9e"))
    with pytest.raises(DataFormatError, match="not a whole Parquet file"):
        Parquet(path=path).columns()


FAR = pyarrow.array([2**30], pyarrow.date32())
TWICE = pyarrow.StructArray.from_arrays([pyarrow.array([1])] * 2, names=["x", "x"])
NOWHERE = pyarrow.array([1], pyarrow.timestamp("us", tz="Nowhere/Land"))


@pytest.mark.parametrize(
    ("array", "read", "library"),
    [
        (FAR, list, "Python"),
        (FAR, Parquet.pandas, "pandas"),
        (TWICE, list, "Python"),
        (TWICE, Parquet.polars, "polars"),
        (NOWHERE, Parquet.polars, "polars"),
    ],
)
def test_a_value_that_only_arrow_has_is_an_error_elsewhere(array, read, library, tmp_path):
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"c": array}), path)
    assert Parquet(path=path).arrow()["c"].type == array.type
    with pytest.raises(DataFormatError, match=f"made into one of {library}"):
        read(Parquet(path=path))


def test_polars_reads_a_table_whose_metadata_are_any_bytes(tmp_path):
    path = tmp_path / "t.parquet"
    table = pyarrow.table({"a": [1]}).replace_schema_metadata({b"\xe9": b"\xff"})
    pyarrow.parquet.write_table(table, path)
    assert Parquet(path=path).polars().to_dicts() == [{"a": 1}]


def test_the_example_in_the_docstring_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module("datamaestro_format_parquet.table")
    assert doctest.testmod(module).failed == 0


def test_importing_it_does_not_import_arrow():
    script = "import sys, datamaestro_format_parquet; print('pyarrow' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_forked_process_is_told_that_polars_would_wait_for_ever(pets):
    pytest.importorskip("polars")
    script = f"""
import os
from datamaestro.errors import DatamaestroError
from datamaestro_format_parquet import Parquet

pets = Parquet(path={str(pets.path)!r})
pets.polars()
child = os.fork()
if child == 0:
    pets.arrow()
    try:
        pets.polars()
    except DatamaestroError:
        os._exit(3)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 3
