"""How the bytes of CSV files are cut into chunks of whole lines."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from datamaestro.errors import DataFormatError
from datamaestro_format_csv.dialect import Dialect
from datamaestro_format_csv.lines import LineSource, open_lines
from datamaestro_format_csv.rows import FIELD_LIMIT, RowReader, csv

LINES = [b"%d,%d\n" % (number, number * number) for number in range(2000)]

Opened = Callable[[list[bytes]], io.BufferedIOBase]


@pytest.fixture(params=["a file", "another stream"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """Give what makes a stream of lines: of a file, which can be read from anywhere, or not."""
    with ExitStack() as streams:

        def open_stream(lines: list[bytes]) -> io.BufferedIOBase:
            if request.param != "a file":
                return io.BytesIO(b"".join(lines))
            path = tmp_path / "lines.csv"
            path.write_bytes(b"".join(lines))
            return streams.enter_context(path.open("rb"))

        yield open_stream


@pytest.mark.parametrize("size", [1, 5, 100, len(b"".join(LINES)), 1 << 20])
def test_chunks_are_whole_lines_whatever_their_size(opened: Opened, size: int) -> None:
    source = LineSource(opened(LINES), size)

    chunks = [chunk for chunk, _ in iter(source.take_chunk, None)]

    assert b"".join(chunks) == b"".join(LINES)
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_a_line_longer_than_a_chunk_is_whole_and_so_are_the_next_ones(opened: Opened) -> None:
    lines = [b"1\n", b"2" * 1000 + b"\n", *([b"3\n"] * 20), b"4" * 500]
    source = LineSource(opened(lines), 10)

    chunks = [chunk for chunk, _ in iter(source.take_chunk, None)]

    assert b"".join(chunks) == b"".join(lines)
    assert lines[-1] in chunks


def first_lines(taken: Iterable[tuple[bytes, Callable[[], int]]]) -> list[bytes]:
    """Give the lines of the whole that have the numbers of the chunks' first ones."""
    return [LINES[first() - 1] for _, first in taken]


def beginnings(taken: Iterable[tuple[bytes, Callable[[], int]]]) -> list[bytes]:
    return [chunk.splitlines(keepends=True)[0] for chunk, _ in taken]


def test_the_number_of_a_chunk_is_that_of_its_first_line() -> None:
    source = LineSource(io.BytesIO(b"".join(LINES)), 100)

    taken = list(iter(source.take_chunk, None))

    assert first_lines(taken) == beginnings(taken)


def test_numbers_are_told_in_any_order_after_all_was_read(numbered: Path) -> None:
    with open_lines(numbered, Dialect(), 100) as source:
        source.take_line()
        taken = list(iter(source.take_chunk, None))
    taken.reverse()

    assert len(taken) > 100
    assert first_lines(taken) == beginnings(taken)


@pytest.mark.parametrize("asked", [1, 2, 7])
def test_numbers_are_counted_on_once_one_was_asked_for(numbered: Path, asked: int) -> None:
    with open_lines(numbered, Dialect(), 100) as source:
        before = [source.take_chunk() for _ in range(asked + 1)]
        taken = [item for item in before if item is not None]
        assert first_lines(taken[-1:]) == beginnings(taken[-1:])
        taken += iter(source.take_chunk, None)

    numbered.unlink()  # so that none can be counted any more
    assert first_lines(taken[asked + 1 :]) == beginnings(taken[asked + 1 :])


def test_lines_have_their_numbers_between_chunks(numbered: Path) -> None:
    with open_lines(numbered, Dialect(), 100) as source:
        for _ in range(3):
            source.take_chunk()
            number = source.line
            assert source.take_line() == LINES[number - 1]
            assert source.line == number + 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_numbers_are_the_same_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("".join(f"\u00e9,{number}\n" for number in range(500)), encoding=encoding)
    with open_lines(path, Dialect(encoding=encoding), 100) as source:
        taken = list(iter(source.take_chunk, None))

    for chunk, first in taken[::10]:
        assert chunk.decode().splitlines()[0] == f"\u00e9,{first() - 1}"


def test_numbers_are_counted_in_decompressed_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"".join(LINES)))
    with open_lines(path, Dialect(), 100) as source:
        taken = list(iter(source.take_chunk, None))

    assert first_lines(taken[::10]) == beginnings(taken[::10])


def test_a_field_takes_half_a_gigabyte_at_the_most_while_it_is_read() -> None:
    assert csv.field_size_limit() == FIELD_LIMIT
    assert 4 * FIELD_LIMIT <= 1 << 29


def test_a_quote_that_is_never_closed_is_told_of_long_before_the_end() -> None:
    stream = io.BytesIO(b'1,"2\n' + b"".join(LINES))
    csv.field_size_limit(1000)
    try:
        with pytest.raises(DataFormatError, match=r"x\.csv:1: .*larger"):
            next(RowReader(LineSource(stream, 100), Dialect(), Path("x.csv")))
    finally:
        csv.field_size_limit(FIELD_LIMIT)
    assert stream.tell() < 1300


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    path = tmp_path / "numbered.csv"
    path.write_bytes(b"".join(LINES))
    return path
