"""Mutated IDX files: the right array or a `DataFormatError`, nothing else.

``DATAMAESTRO_FUZZ=thorough`` tries many more examples.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from datamaestro.errors import DataFormatError
from datamaestro_format_idx import IDX, write_idx

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
LABELS = MIRROR / "ossci-datasets.s3.amazonaws.com" / "mnist" / "t10k-labels-idx1-ubyte.gz"
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

settings.register_profile("datamaestro-short", max_examples=150, deadline=None)
settings.register_profile("datamaestro-thorough", max_examples=20_000, deadline=None)
fuzz = settings.get_profile(f"datamaestro-{os.environ.get('DATAMAESTRO_FUZZ', 'short')}")

edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "delete", "cut"]),
        st.one_of(st.integers(0, 16), st.integers(0, 20_000)),
        st.binary(min_size=1, max_size=8),
    ),
    max_size=4,
)


def mutate(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, position, piece in changes:
        start, end = content[:position], content[position:]
        content = {
            "set": start + piece + end[len(piece) :],
            "insert": start + piece + end,
            "delete": start + end[len(piece) :],
            "cut": start,
        }[kind]
    return content


def expected(content: bytes) -> np.ndarray | None:
    """Read IDX in the plainest way; None for what isn't IDX."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES:
        return None
    lengths = content[4 : 4 + 4 * content[3]]
    if len(lengths) < 4 * content[3] or content[3] > 32:
        return None
    shape = [int.from_bytes(lengths[n : n + 4], "big") for n in range(0, len(lengths), 4)]
    kind = np.dtype(TYPES[content[2]])
    elements = content[4 + len(lengths) :]
    if math.prod(shape) * kind.itemsize != len(elements):
        return None
    if math.prod(filter(None, shape)) * kind.itemsize >= 2**63:
        return None
    return np.frombuffer(elements, kind).reshape(shape)


def check(path: Path, content: bytes, stored: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(stored)
    right = expected(content)
    if right is None:
        with pytest.raises(DataFormatError):
            IDX(path=path).data()
    else:
        np.testing.assert_array_equal(IDX(path=path).data(), right)
        assert IDX(path=path).shape == right.shape


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "mutant.idx"


@pytest.mark.skipif(not LABELS.exists(), reason=f"no real files at {MIRROR}")
class TestMutatedRealFiles:
    @fuzz
    @given(changes=edits)
    def test_plain(self, path: Path, changes: list[tuple[str, int, bytes]]) -> None:
        content = mutate(gzip.decompress(LABELS.read_bytes()), changes)
        if content[:2] != b"\x1f\x8b":
            check(path, content, content)

    @fuzz
    @given(changes=edits)
    def test_compressed_after_the_mutation(
        self, path: Path, changes: list[tuple[str, int, bytes]]
    ) -> None:
        content = mutate(gzip.decompress(LABELS.read_bytes()), changes)
        check(path, content, gzip.compress(content, 1))

    @fuzz
    @given(changes=edits)
    def test_compressed_before_the_mutation(
        self, path: Path, changes: list[tuple[str, int, bytes]]
    ) -> None:
        stored = mutate(LABELS.read_bytes(), changes)
        try:
            content = gzip.decompress(stored)
        except (OSError, EOFError, ValueError, zlib.error):
            content = stored  # neither gzip nor IDX
        check(path, content, stored)


@fuzz
@given(start=st.sampled_from(list(TYPES)), rest=st.binary(max_size=200))
def test_arbitrary_bytes(path: Path, start: int, rest: bytes) -> None:
    content = bytes([0, 0, start]) + rest
    check(path, content, content)


@fuzz
@given(
    array=st.sampled_from(["u1", "i1", "<i2", ">i2", "<i4", ">f4", "<f4", "<f8", ">f8"]).flatmap(
        lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=6, min_side=0))
    )
)
def test_any_array_survives_writing_and_reading(path: Path, array: np.ndarray) -> None:
    path.unlink(missing_ok=True)  # an array of the run before may still map it
    write_idx(path, array)

    np.testing.assert_array_equal(IDX(path=path).data(), array)
