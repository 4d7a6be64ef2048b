"""How the bytes of CSV files are cut into chunks of whole lines."""

from __future__ import annotations

import io

import pytest

from datamaestro_format_csv.lines import BUFFERS, LineSource

LINES = [b"%d,%d\n" % (number, number * number) for number in range(2000)]


@pytest.mark.parametrize("size", [1, 5, 100, 1 << 20])
def test_chunks_stay_as_they_are_while_later_ones_are_read(size: int) -> None:
    source = LineSource(io.BytesIO(b"".join(LINES)), size)

    chunks = [chunk for chunk, _ in iter(source.take_chunk, None)]

    assert b"".join(chunks) == b"".join(LINES)
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_a_line_longer_than_a_chunk_is_whole_and_so_are_the_next_ones() -> None:
    lines = [b"1\n", b"2" * 1000 + b"\n", *([b"3\n"] * 3 * BUFFERS), b"4" * 500]
    source = LineSource(io.BytesIO(b"".join(lines)), 10)

    chunks = [chunk for chunk, _ in iter(source.take_chunk, None)]

    assert b"".join(chunks) == b"".join(lines)
    assert lines[-1] in chunks


def test_the_number_of_a_chunk_is_that_of_its_first_line() -> None:
    source = LineSource(io.BytesIO(b"".join(LINES)), 100)

    taken = list(iter(source.take_chunk, None))

    assert [LINES[line - 1] for _, line in taken] == [
        chunk.splitlines(keepends=True)[0] for chunk, _ in taken
    ]
