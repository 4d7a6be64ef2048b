"""The pieces that decompressors are given, of streams that follow one another."""

import io
import lzma
import zlib

import pytest

from datamaestro.decompressors import Pieces, xz_decompressor

KIB = 1 << 10


def pieces(content, data=b"", largest=64 * KIB):
    return Pieces(io.BytesIO(content).read, largest, data)


def test_pieces_double_as_long_as_a_stream_goes_on():
    given = pieces(bytes(1000 * KIB))
    sizes = [len(given.take()) for _ in range(7)]
    assert sizes == [4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 4 * KIB, 64 * KIB, 64 * KIB]


def test_pieces_are_all_that_there_is():
    content = bytes(range(256)) * 4 * KIB
    given = pieces(content[10:], content[:10])
    assert b"".join(iter(given.take, b"")) == content
    assert given.position == len(content)


def test_pieces_begin_small_after_the_end_of_a_stream():
    given = pieces(b"x" * 200 * KIB)
    taken = [given.take() for _ in range(4)]
    given.hand_back(10)
    assert given.position == sum(map(len, taken)) - 10
    assert len(given.take()) <= 4 * KIB


def test_what_is_handed_back_comes_again():
    given = pieces(b"one two")
    assert given.take() == b"one two"
    given.hand_back(3)
    assert given.take() == b"two"
    assert given.take() == b""


@pytest.mark.parametrize("zeros", [0, 1, 70 * KIB, 200 * KIB])
def test_zeros_before_a_stream_are_passed_over(zeros):
    given = pieces(bytes(zeros) + b"stream\0")
    assert given.upcoming(3) == b"str"
    assert given.position == zeros
    assert given.take() == b"stream\0"


@pytest.mark.parametrize("zeros", [0, 5, 200 * KIB])
def test_nothing_comes_after_zeros_alone(zeros):
    given = pieces(bytes(zeros))
    assert given.upcoming(3) == b""
    assert given.take() == b""


def test_what_is_looked_at_may_lie_in_two_readings():
    given = pieces(b"cd", b"ab")
    assert given.upcoming(9) == b"abcd"
    assert given.take() == b"abcd"


def test_a_stream_of_xz_gets_no_more_memory_than_machines_have():
    packed = bytearray(lzma.compress(b"text", check=lzma.CHECK_NONE))
    packed[16] = 40  # the dictionary has 4 GiB, less one byte
    packed[20:24] = zlib.crc32(packed[12:20]).to_bytes(4, "little")
    with pytest.raises(lzma.LZMAError, match=r"Memory usage limit"):
        xz_decompressor().decompress(bytes(packed))
