"""What IDX files become, and what is said of those that aren't."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datamaestro.errors import DataDirectoryError, DataFormatError, ParameterError
from datamaestro_format_idx import IDX, Tensor, write_idx

ROOT = Path(__file__).parents[3]
MIRROR = Path(os.environ.get("DATAMAESTRO_TEST_MIRROR") or ROOT / "../shared/mirror")
MNIST = MIRROR / "ossci-datasets.s3.amazonaws.com" / "mnist"

TYPES = {
    0x08: "uint8",
    0x09: "int8",
    0x0B: "int16",
    0x0C: "int32",
    0x0D: "float32",
    0x0E: "float64",
}


def idx(path: Path, content: bytes) -> IDX:
    path.write_bytes(content)
    return IDX(path=path)


def header(code: int, *lengths: int) -> bytes:
    return bytes([0, 0, code, len(lengths)]) + b"".join(n.to_bytes(4, "big") for n in lengths)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tensor.idx"


@pytest.mark.parametrize(("code", "name"), TYPES.items())
def test_every_element_type_is_read_in_native_order(path: Path, code: int, name: str) -> None:
    values = np.array([[0, 1, 2], [100, 3, 127]], np.dtype(name).newbyteorder(">"))

    data = idx(path, header(code, 2, 3) + values.tobytes()).data()

    assert data.dtype == np.dtype(name)
    assert data.dtype.isnative
    np.testing.assert_array_equal(data, values)


@pytest.mark.parametrize(("code", "name"), TYPES.items())
def test_the_order_of_the_file_is_kept_when_asked(path: Path, code: int, name: str) -> None:
    values = np.array([1, 2, 100], np.dtype(name).newbyteorder(">"))

    data = idx(path, header(code, 3) + values.tobytes()).data(native=False)

    assert data.dtype == values.dtype
    np.testing.assert_array_equal(data, values)


def test_bytes_are_a_view_of_the_map(path: Path) -> None:
    assert isinstance(idx(path, header(0x08, 3) + b"abc").data(), np.memmap)


def test_larger_elements_in_file_order_are_a_view_of_the_map(path: Path) -> None:
    assert isinstance(idx(path, header(0x0C, 1) + bytes(4)).data(native=False), np.memmap)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("code", [0x08, 0x0E])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_arrays_are_read_only(path: Path, code: int, native: bool, compress: type[bytes]) -> None:
    size = {0x08: 1, 0x0E: 8}[code]

    data = idx(path, compress(header(code, 2) + bytes(2 * size))).data(native=native)

    with pytest.raises(ValueError, match="read-only"):
        data[0] = 1


def test_a_tensor_without_dimension_is_a_scalar(path: Path) -> None:
    scalar = idx(path, header(0x0B) + b"\x01\x02")

    assert scalar.shape == ()
    assert scalar.data() == 0x0102
    with pytest.raises(TypeError, match="no length"):
        len(scalar)


@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (5, 0), (3, 0, 2**31)])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_lengths_of_zero_are_kept(
    path: Path, shape: tuple[int, ...], compress: type[bytes]
) -> None:
    empty = idx(path, compress(header(0x0D, *shape)))

    assert empty.data().shape == shape
    assert empty.data().dtype == np.float32
    assert len(empty) == shape[0]


def test_shape_type_and_length_need_the_header_only(path: Path) -> None:
    images = idx(path, header(0x0C, 60000, 28, 28))

    assert (images.shape, images.dtype, len(images)) == ((60000, 28, 28), np.int32, 60000)


def test_shape_of_compressed_data_needs_the_header_only(path: Path) -> None:
    whole = gzip.compress(header(0x08, 1000, 100) + os.urandom(100_000))

    assert idx(path, whole[:5000]).shape == (1000, 100)


def test_building_a_tensor_opens_nothing(tmp_path: Path) -> None:
    assert IDX(path=tmp_path / "absent").path == tmp_path / "absent"


def test_compression_is_recognized_by_content(tmp_path: Path) -> None:
    data = idx(tmp_path / "no-suffix", gzip.compress(header(0x0B, 2) + b"\0\1\0\2")).data()

    assert data.tolist() == [1, 2]


def test_compressed_data_in_several_members_is_one_tensor(path: Path) -> None:
    members = gzip.compress(header(0x08, 6)) + gzip.compress(b"abc") + gzip.compress(b"def")

    assert idx(path, members).data().tobytes() == b"abcdef"


def test_a_map_outlives_its_tensor_and_file_handle(path: Path) -> None:
    data = idx(path, header(0x08, 2) + b"\1\2").data()

    assert data.tolist() == [1, 2]


@pytest.mark.skipif(os.name == "nt", reason="a mapped file can't be replaced there")
def test_a_map_outlives_the_file_that_is_replaced_or_removed(path: Path) -> None:
    write_idx(path, np.full(10_000, 1, "uint8"))
    first = IDX(path=path).data()
    write_idx(path, [2], "uint8")
    second = IDX(path=path).data()
    path.unlink()

    assert first.sum() == 10_000
    assert second.tolist() == [2]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "wrong magic number"),
        (b"\0\0\x08", "wrong magic number"),
        (b"PK\x03\x04", "wrong magic number"),
        (b"\0\1\x08\1", "wrong magic number"),
        (b"\0\0\x0a\1\0\0\0\0", "unknown element type"),
        (header(0x08, 3, 4)[:-1], "ends inside its IDX header"),
        (b"\0\0\x08\xff" + bytes(2000), "too many dimensions"),
        (header(0x0E, *[2**32 - 1] * 4), "overflow"),
        (header(0x0E, 0, *[2**32 - 1] * 4), "overflow"),
        (header(0x08, 3) + b"ab", "bytes are missing"),
        (header(0x08, 3) + b"abcd", "bytes follow the last element"),
        (header(0x0E, 2**31, 2**10), "bytes are missing"),
        (header(0x08, 0) + b"a", "bytes follow the last element"),
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_wrong_file_is_an_error_that_says_which(
    path: Path, content: bytes, problem: str, compress: type[bytes]
) -> None:
    with pytest.raises(DataFormatError, match=problem) as caught:
        idx(path, compress(content)).data()

    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("elements", "hint"),
    [(b"ab", "the file may be a partial copy"), (b"abcd", "something was appended")],
)
def test_a_file_that_is_too_long_is_not_taken_for_a_partial_copy(
    path: Path, elements: bytes, hint: str
) -> None:
    with pytest.raises(DataFormatError) as caught:
        idx(path, header(0x08, 3) + elements).data()

    assert hint in (caught.value.hint or "")


def test_a_forged_gzip_trailer_does_not_cause_an_allocation(path: Path) -> None:
    claim = header(0x08, 2**31, 2**10)
    forged = gzip.compress(claim)[:-4] + len(claim).to_bytes(4, "little")

    with pytest.raises(DataFormatError, match="bytes are missing"):
        idx(path, forged).data()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "garbage after"])
def test_damaged_gzip_data_are_an_error(path: Path, damage: str) -> None:
    whole = gzip.compress(header(0x08, 100) + os.urandom(100))
    damaged = {
        "truncated": whole[:-20],
        "flipped": whole[:60] + bytes([whole[60] ^ 0xFF]) + whole[61:],
        "garbage after": whole + b"garbage",
    }[damage]

    with pytest.raises(DataFormatError):
        idx(path, damaged).data()


def test_a_gzip_header_alone_is_an_error(path: Path) -> None:
    with pytest.raises(DataFormatError, match="damaged gzip data"):
        idx(path, b"\x1f\x8b").data()


def test_the_message_tells_expected_and_found(path: Path) -> None:
    with pytest.raises(DataFormatError) as caught:
        idx(path, header(0x0C, 2, 5) + bytes(39)).data()

    assert caught.value.expected == "40 bytes after the header (int32 2x5)"
    assert caught.value.found == "39 bytes"


def test_a_tensor_of_another_kind_gives_its_shape_from_its_data() -> None:
    class Ones(Tensor):
        def data(self) -> np.ndarray:
            return np.ones((2, 3), np.int16)

    assert (Ones().shape, Ones().dtype, len(Ones())) == ((2, 3), np.int16, 2)


@pytest.mark.skipif(not MNIST.is_dir(), reason=f"no real files at {MIRROR}")
def test_mnist_is_read() -> None:
    images = IDX(path=MNIST / "t10k-images-idx3-ubyte.gz").data()
    labels = IDX(path=MNIST / "t10k-labels-idx1-ubyte.gz").data()

    assert (images.shape, images.dtype) == ((10000, 28, 28), np.uint8)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert int(images[0].sum()) == 18454


class TestWriting:
    @pytest.mark.parametrize("name", TYPES.values())
    @pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 0, 3), (3, 4, 5)])
    def test_what_is_written_is_read(self, path: Path, name: str, shape: tuple[int, ...]) -> None:
        array = np.random.default_rng(0).integers(0, 100, shape).astype(name)

        write_idx(path, array)

        data = IDX(path=path).data()
        assert data.dtype == array.dtype
        assert data.shape == shape
        np.testing.assert_array_equal(data, array)

    def test_memory_layout_does_not_matter(self, path: Path) -> None:
        array = np.arange(60, dtype=">i4").reshape(3, 4, 5).T[::2, ::-1]

        write_idx(path, array)

        np.testing.assert_array_equal(IDX(path=path).data(), array)

    def test_arrays_larger_than_a_piece_are_whole(self, path: Path) -> None:
        array = np.arange(3_000_001, dtype=np.int32)

        write_idx(path, array)

        np.testing.assert_array_equal(IDX(path=path).data(), array)

    def test_the_bytes_are_those_of_the_format(self, path: Path) -> None:
        write_idx(path, [[1, 2]], "int16")

        assert path.read_bytes() == b"\0\0\x0b\2\0\0\0\1\0\0\0\2\0\1\0\2"

    @pytest.mark.parametrize("name", ["bool", "int64", "uint16", "float16", "complex64", "U3"])
    def test_other_element_types_are_refused(self, path: Path, name: str) -> None:
        with pytest.raises(ParameterError, match="elements of this type"):
            write_idx(path, np.zeros(3, name))

        assert not path.exists()

    @pytest.mark.parametrize(
        "shape",
        [
            (0, 2**32),
            pytest.param(
                (1,) * 33,
                marks=pytest.mark.skipif(
                    np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="NumPy has them since 2.0"
                ),
            ),
        ],
    )
    def test_shapes_that_the_format_lacks_are_refused(
        self, path: Path, shape: tuple[int, ...]
    ) -> None:
        with pytest.raises(ParameterError, match="of this shape"):
            write_idx(path, np.broadcast_to(np.uint8(0), shape))

    @pytest.mark.parametrize(
        ("array", "name"),
        [
            ([300], "uint8"),
            (np.array([[1, 300]]), "uint8"),
            ([-1], "uint8"),
            (np.array([2.0**31], "float32"), "int32"),
            ([float("nan")], "int16"),
            ([2**70], "int32"),
            ([[1], [2, 3]], "uint8"),
            ([[1], [2, 3]], None),
            (["x"], "float32"),
            ([1], "uint99"),
        ],
    )
    def test_values_that_the_type_cannot_hold_are_refused_and_nothing_is_written(
        self, array: Any, name: str | None, path: Path
    ) -> None:
        with pytest.raises(ParameterError, match="can't be converted"):
            write_idx(path, array, name)
        assert not path.exists()

    @pytest.mark.parametrize("array", [[0, 255], [0.5, 255.0], [[]], [True, False], [2**31 - 1]])
    def test_values_that_the_type_can_hold_are_converted(self, array: Any, path: Path) -> None:
        name = "int32" if 2**31 - 1 in array else "uint8"
        write_idx(path, array, name)
        assert IDX(path=path).data().tolist() == np.trunc(array).tolist()

    @pytest.mark.parametrize("name", ["absent/k.idx", "folder", "file/k.idx"])
    def test_a_path_that_cannot_be_written_is_told_as_it_was_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("folder").mkdir()
        Path("file").touch()

        with pytest.raises(DataDirectoryError, match="in a folder that is there") as caught:
            write_idx(name, np.zeros(3, np.uint8))

        assert caught.value.where == str(Path(name))
        assert ".tmp" not in str(caught.value)

    def test_a_failed_write_leaves_the_file_and_nothing_beside_it(self, tmp_path: Path) -> None:
        target = tmp_path / "folder"
        target.mkdir()

        with pytest.raises(OSError, match="folder"):
            write_idx(target, np.zeros(3, np.uint8))

        assert list(tmp_path.iterdir()) == [target]

    def test_a_file_is_replaced(self, tmp_path: Path) -> None:
        write_idx(tmp_path / "a.idx", np.zeros(3, np.uint8))
        write_idx(tmp_path / "a.idx", np.ones(2, np.int8))

        assert IDX(path=tmp_path / "a.idx").data().tolist() == [1, 1]
        assert [item.name for item in tmp_path.iterdir()] == ["a.idx"]


@pytest.mark.parametrize(
    ("array", "dtype", "reason"),
    [
        (np.array([1j]), "float32", "elements of complex128"),
        (np.array([1e300], object), "float32", "elements of object"),
        ([1.5, None], "float64", "elements of object"),
        (None, "float32", "elements of object"),
        (["1e300"], "float32", "elements of <U5"),
        (np.array(["2020-01-01"], "M8[D]"), "float64", "elements of datetime64"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), None, "masked values"),
        (np.array([1e300]), "float32", "values that are infinite as float32"),
    ],
)
def test_nothing_of_an_array_is_lost_in_writing(tmp_path, array, dtype, reason) -> None:
    with pytest.raises(ParameterError, match=reason):
        write_idx(tmp_path / "a.idx", array, dtype)
    assert not (tmp_path / "a.idx").exists()


def test_what_is_infinite_already_stays_so(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.idx", [np.inf, np.nan, 1.5], "float32")
    found = IDX(path=tmp_path / "a.idx").data()
    assert np.array_equal(found, np.array([np.inf, np.nan, 1.5], "float32"), equal_nan=True)
