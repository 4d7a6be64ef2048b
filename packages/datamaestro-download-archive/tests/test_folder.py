"""Archives that are read in place."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pytest
from archive_builders import (
    COMPRESSORS,
    Entry,
    link,
    pax_records,
    tar,
    tar_file,
    tar_folder,
    tar_link,
    zipped,
)
from archive_corpus import gnu_sparse
from archive_routes import stored

from datamaestro_download_archive import (
    ArchiveFolder,
    ArchiveLimitError,
    DamagedArchiveError,
    Limits,
    MemberNotFoundError,
    UnsafeArchiveError,
    UnsupportedArchiveError,
)
from datamaestro_download_archive.contents import contents_of

CONTENTS = {"a.txt": b"first\nsecond\n", "d/big.bin": os.urandom(400_000) + bytes(400_000)}


def as_zip(method: int = 8) -> bytes:
    return zipped(Entry("d/", b""), *[Entry(name, data, method) for name, data in CONTENTS.items()])


def as_tar() -> bytes:
    return tar(tar_folder("d"), *[tar_file(name, data) for name, data in CONTENTS.items()])


def in_order_as_tar(names: str) -> bytes:
    return tar(*[tar_file(name, name.encode() * 3000) for name in names])


def in_order_as_zip(names: str) -> bytes:
    return zipped(*[Entry(name, name.encode() * 3000) for name in names])


def parallel(compress: object, data: bytes, step: int = 300_000) -> bytes:
    """Compress as parallel programs do: in streams that can be unpacked each alone."""
    return b"".join(compress(data[start : start + step]) for start in range(0, len(data), step))


@pytest.fixture(
    params=["zip", "zip-stored", "tar", "tar-indexed", *sorted({*COMPRESSORS} - {"bare"})]
)
def folder(request, tmp_path) -> ArchiveFolder:
    kind = request.param
    if kind.startswith("zip"):
        return ArchiveFolder(path=stored(as_zip(0 if kind == "zip-stored" else 8), tmp_path))
    data = parallel(COMPRESSORS[kind], as_tar()) if kind in COMPRESSORS else as_tar()
    archive = ArchiveFolder(path=stored(data, tmp_path))
    if kind != "tar":
        archive.write_index()
    return archive


def test_names_are_those_of_the_files(folder):
    assert folder.names() == list(CONTENTS)
    assert list(folder) == list(CONTENTS)
    assert len(folder) == 2
    assert "d/big.bin" in folder
    assert "d" not in folder


def test_read_gives_the_whole_file(folder):
    assert {name: folder.read(name) for name in folder} == CONTENTS


def test_open_files_behave_as_files_do(folder):
    with folder.open("d/big.bin") as file:
        reference = io.BytesIO(CONTENTS["d/big.bin"])
        for position, count in [(0, 10), (399_990, 300_000), (5, 20), (799_995, 100), (900_000, 5)]:
            assert file.seek(position) == reference.seek(position)
            assert file.read(count) == reference.read(count)
        assert file.seek(-7, os.SEEK_END) == reference.seek(-7, os.SEEK_END)
        assert file.read() == reference.read()
        assert file.tell() == reference.tell()
        with pytest.raises(ValueError, match="negative"):
            file.seek(-1)


def test_text_is_read_as_utf8(folder):
    with folder.open("a.txt", "r") as file:
        assert list(file) == ["first\n", "second\n"]


def test_other_modes_are_refused(folder):
    with pytest.raises(ValueError, match="only read"):
        folder.open("a.txt", "w")


def test_an_unknown_name_is_an_error_with_the_nearest(folder):
    with pytest.raises(MemberNotFoundError, match=r"'d/big\.bin'"):
        folder.read("d/bug.bin")


@pytest.mark.parametrize("name", ["./d/big.bin", "d//big.bin", "./d/./big.bin"])
def test_a_name_may_have_dots_and_slashes_that_mean_nothing(name, folder):
    assert name in folder
    assert folder.read(name) == CONTENTS["d/big.bin"]
    with folder.open(name) as file:
        assert file.read() == CONTENTS["d/big.bin"]


def test_a_name_is_a_text(folder):
    name = PurePosixPath("a.txt")
    assert name not in folder
    for read in (folder.read, folder.open):
        with pytest.raises(TypeError, match="names in an archive are text"):
            read(name)


def test_a_zip_needs_no_index(tmp_path):
    folder = ArchiveFolder(path=stored(as_zip(), tmp_path))
    with pytest.raises(UnsupportedArchiveError, match="a zip needs no index"):
        folder.write_index()


def test_several_files_may_be_open_at_once(folder):
    with folder.open("a.txt") as one, folder.open("d/big.bin") as other:
        assert one.read(5) == b"first"
        assert other.read(9) == CONTENTS["d/big.bin"][:9]
        assert one.read() == b"\nsecond\n"


def test_threads_read_at_once(folder):
    start = threading.Barrier(8)

    def read(number: int) -> bool:
        start.wait()
        return all(folder.read(name) == CONTENTS[name] for name in folder)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(8)))


def read_all(folder: ArchiveFolder) -> dict[str, bytes]:
    return {name: folder.read(name) for name in folder}


def test_a_pickled_value_is_small_and_opens_the_archive_again(folder):
    len(folder)
    data = pickle.dumps(folder)
    assert len(data) < 500
    again = pickle.loads(data)
    assert again == folder
    assert read_all(again) == CONTENTS


@pytest.mark.parametrize(
    "method",
    [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()],
)
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_workers_read_what_their_parent_has_opened(method, tmp_path):
    folder = ArchiveFolder(path=stored(as_zip(), tmp_path))
    len(folder)
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert pool.map(folder.read, list(CONTENTS)) == list(CONTENTS.values())


def test_making_a_value_opens_nothing(tmp_path):
    folder = ArchiveFolder(path=tmp_path / "none.zip")
    assert folder
    with pytest.raises(FileNotFoundError):
        folder.names()


def test_an_archive_that_changes_is_looked_into_again(tmp_path):
    folder = ArchiveFolder(path=stored(zipped(Entry("a")), tmp_path))
    assert folder.names() == ["a"]
    stored(zipped(Entry("b"), Entry("c")), tmp_path)
    assert folder.names() == ["b", "c"]


@pytest.mark.parametrize("make", [in_order_as_tar, in_order_as_zip])
def test_an_archive_that_is_replaced_while_it_is_read_never_gives_another_file(make, tmp_path):
    one, other = stored(make("ab"), tmp_path, "one"), stored(make("ba"), tmp_path, "other")
    live = stored(make("ab"), tmp_path)
    code = (
        "import itertools, os, sys; one, other, live = sys.argv[1:]\n"
        "for source in itertools.cycle([one, other]):\n"
        "    os.link(source, f'{live}.new'); os.replace(f'{live}.new', live)\n"
    )
    folder = ArchiveFolder(path=live)
    with subprocess.Popen([sys.executable, "-c", code, one, other, live]) as process:
        try:
            for _ in range(3000):
                assert folder.read("a") == b"a" * 3000
                with folder.open("b") as file:
                    assert file.read() == b"b" * 3000
        finally:
            process.kill()


def test_other_bytes_in_the_same_file_are_seen_though_size_and_time_stay(tmp_path):
    folder = ArchiveFolder(path=stored(in_order_as_tar("ab"), tmp_path))
    before = folder.path.stat()
    assert folder.read("a") == b"a" * 3000
    folder.path.write_bytes(in_order_as_tar("ba"))
    os.utime(folder.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert folder.read("a") == b"a" * 3000


def test_a_member_of_a_tar_without_an_index_is_only_read_where_its_header_is(tmp_path):
    path = stored(in_order_as_tar("ab"), tmp_path)
    with path.open("rb") as file:
        contents = contents_of(file, path, Limits())
        contents.find("a", file)
        path.write_bytes(in_order_as_tar("ba"))
        with pytest.raises(DamagedArchiveError, match="'a' isn't where"):
            contents.find("a", file)


def test_a_damaged_member_is_known_when_it_is_read(tmp_path):
    folder = ArchiveFolder(path=stored(zipped(Entry("a"), Entry("b", crc=1)), tmp_path))
    assert folder.read("a") == b"data"
    with pytest.raises(DamagedArchiveError, match="'b'"):
        folder.read("b")
    with folder.open("b") as file, pytest.raises(DamagedArchiveError, match="'b'"):
        file.read()


@pytest.mark.parametrize("size", [4, 700_000])
def test_who_reads_just_the_bytes_of_a_damaged_member_gets_an_error(size, tmp_path):
    data = os.urandom(size)
    folder = ArchiveFolder(path=stored(zipped(Entry("b", data, 8, crc=1)), tmp_path))
    with folder.open("b") as file, pytest.raises(DamagedArchiveError, match="'b'"):
        file.read(size)


def test_a_damaged_member_does_not_end_where_it_is_read_again(tmp_path):
    folder = ArchiveFolder(path=stored(zipped(Entry("b", b"data", 8, crc=1)), tmp_path))
    with folder.open("b") as file:
        for _ in range(2):
            with pytest.raises(DamagedArchiveError, match="'b'"):
                file.read()


@pytest.mark.parametrize(
    "data",
    [
        tar(
            tar_file("d/a", b"A"),
            tar_link("l", "d/a"),
            tar_link("h", "d/a", b"1"),
            tar_link("n", "d"),
        ),
        zipped(Entry("d/a", b"A"), link("l", "d/a"), link("h", "d/../d/a"), link("n", "no")),
    ],
)
def test_links_to_files_are_files(data, tmp_path):
    folder = ArchiveFolder(path=stored(data, tmp_path))
    assert read_all(folder) == {"d/a": b"A", "l": b"A", "h": b"A"}


HARD_LINKS = tar(
    tar_file("d/a", b"A"),
    tar_link("b", "d/a", b"1"),
    tar_link("c", "./b", b"1"),
    tar_link("to-b", "b"),
    tar_link("to-c", "c"),
)


@pytest.mark.parametrize("compression", ["bare", "gz"])
def test_hard_links_are_files_that_links_may_lead_to(compression, tmp_path):
    folder = ArchiveFolder(path=stored(COMPRESSORS[compression](HARD_LINKS), tmp_path))
    folder.write_index()
    assert read_all(folder) == dict.fromkeys(["d/a", "b", "c", "to-b", "to-c"], b"A")


def test_a_compressed_tar_needs_an_index(tmp_path):
    folder = ArchiveFolder(path=stored(COMPRESSORS["gz"](as_tar()), tmp_path))
    with pytest.raises(UnsupportedArchiveError, match=r"write_index\(\)"):
        folder.names()
    index = folder.write_index()
    assert index == folder.path.with_name(".archive.index")
    assert read_all(folder) == CONTENTS


def test_an_index_of_another_archive_is_not_used(tmp_path):
    folder = ArchiveFolder(path=stored(as_tar(), tmp_path))
    folder.write_index()
    stored(tar(tar_file("other")), tmp_path)
    assert folder.names() == ["other"]


def test_members_that_changed_places_are_not_taken_for_one_another(tmp_path):
    first, *members = (tar_file(name, name.encode() * 6000) for name in "abcd")
    end = bytes(10240)  # so that both ends, which identify an archive, are the same
    folder = ArchiveFolder(path=stored(tar(first, *members, end=end), tmp_path))
    folder.write_index()
    other = ArchiveFolder(path=stored(tar(first, *members[::-1], end=end), tmp_path))
    assert other.read("a") == b"a" * 6000
    assert other.read("c") == b"c" * 6000
    with pytest.raises(DamagedArchiveError, match="isn't where the index has it"):
        other.read("b")


def test_an_index_moves_with_its_archive(tmp_path):
    folder = ArchiveFolder(path=stored(COMPRESSORS["xz"](as_tar()), tmp_path))
    index = folder.write_index()
    moved = folder.path.rename(tmp_path / "moved.tar.xz")
    index.rename(tmp_path / ".moved.tar.xz.index")
    assert read_all(ArchiveFolder(path=moved)) == CONTENTS


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "\udcff"])
def test_a_broken_index_says_so(text, tmp_path):
    folder = ArchiveFolder(path=stored(as_tar(), tmp_path))
    folder.path.with_name(".archive.index").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedArchiveError, match="remove it"):
        folder.names()


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("points", [[-5, 0]]),
        ("points", [[10**20, 0]]),
        ("points", [[0, 5]]),
        ("points", [[0, 0], [9, 9], [8, 10]]),
        ("points", [[0, 1e400]]),
        ("points", [[0, 0.0]]),
        ("points", [[0, True]]),
        ("points", 5),
        ("files", {"a": [512, 4, 10**6, None, None]}),
        ("files", {"a": [512, 4, 10, [[5, -3]], None]}),
        ("files", {"a": [512, 4, 10, [[8, 4]], None]}),
        ("files", {"a": [512, 8, 10, [[4, 4], [0, 4]], None]}),
        ("files", {"a": [511, 4, 4, None, None]}),
        ("files", {"a": ["512", 4, 4, None, None]}),
        ("files", {"a": [512, -4, -4, None, None]}),
        ("files", {"a": [512, 4]}),
        ("files", ["a"]),
    ],
)
def test_a_wrong_index_says_so(what, value, tmp_path):
    folder = ArchiveFolder(path=stored(COMPRESSORS["gz"](as_tar()), tmp_path))
    index = folder.write_index()
    index.write_text(json.dumps({**json.loads(index.read_text()), what: value}))
    with pytest.raises(DamagedArchiveError, match=r"index can't be read.*remove it"):
        folder.names()


def test_an_index_with_unsafe_names_is_refused(tmp_path):
    folder = ArchiveFolder(path=stored(as_tar(), tmp_path))
    index = folder.write_index()
    index.write_text(index.read_text().replace("a.txt", "../a"))
    with pytest.raises(UnsafeArchiveError):
        folder.names()


@pytest.mark.parametrize("pack", ["zip", "zip with a strange name", "tar"])
def test_names_that_lie_deep_take_little_more_memory_than_their_archive(pack, tmp_path):
    names = [f"{number:04}/{'d/' * 40}x" for number in range(2000)]
    if pack == "tar":
        data = tar(*(tar_file(name) for name in names))
    else:
        data = zipped(*map(Entry, [*names, "é"] if "strange" in pack else names))
    archive = ArchiveFolder(path=stored(data, tmp_path))
    tracemalloc.start()
    assert len(archive.names()) >= len(names)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * len(data)


def test_neither_zip_nor_tar_is_named(tmp_path):
    with pytest.raises(UnsupportedArchiveError, match="an HTML page"):
        ArchiveFolder(path=stored(b"<!DOCTYPE html>", tmp_path)).names()


def test_numpy_like_readers_find_a_zip_in_a_zip(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", b"X")
    folder = ArchiveFolder(path=stored(zipped(Entry("inner.zip", inner.getvalue())), tmp_path))
    with folder.open("inner.zip") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("x") == b"X"


def test_a_huge_sparse_member_is_read_piece_by_piece(tmp_path):
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        file.seek(300 << 20)
        file.write(b"end")
    archive = tmp_path / "a.tar"
    subprocess.run(["tar", "-Scf", archive, "-C", tmp_path, "sparse"], check=True)
    with ArchiveFolder(path=archive).open("sparse") as file:
        file.seek(300 << 20)
        assert file.read() == b"end"


def test_files_with_holes_are_no_bomb_together_where_none_is_unpacked(tmp_path):
    parts = [gnu_sparse(0, 512, (1 << 30) - 1, name) for name in "abc"]
    folder = ArchiveFolder(path=stored(tar(*parts), tmp_path))
    assert folder.names() == ["a", "b", "c"]


def test_a_sparse_member_of_a_compressed_tar_is_unpacked_once(tmp_path):
    class Counting(io.FileIO):
        count = 0

        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    pieces = 50
    extents = ",".join(f"{piece * 1000},500" for piece in range(pieces))
    records = [("GNU.sparse.size", str(pieces * 1000)), ("GNU.sparse.map", extents)]
    sparse = pax_records(records) + tar_file("sparse", b"x" * 500 * pieces)
    data = COMPRESSORS["gz"](tar(tar_file("before", os.urandom(1 << 20)), sparse))
    path = stored(data, tmp_path)
    ArchiveFolder(path=path).write_index()
    with Counting(path) as archive:
        contents = contents_of(archive, path, Limits())
        assert contents.read("sparse", archive) == (b"x" * 500 + bytes(500)) * pieces
        assert archive.count < 2 * len(data)


@pytest.mark.parametrize("data", [as_zip(), as_tar()], ids=["zip", "tar"])
def test_max_size_is_a_limit_for_each_file(data, tmp_path):
    folder = ArchiveFolder(path=stored(data, tmp_path), max_size=1000)
    assert folder.read("a.txt") == CONTENTS["a.txt"]
    for read in (folder.read, folder.open):
        with pytest.raises(ArchiveLimitError, match=r"with member 'd/big\.bin'"):
            read("d/big.bin")


def test_the_path_is_all_that_counts_for_equality(tmp_path):
    path: Path = stored(as_zip(), tmp_path)
    one, other = ArchiveFolder(path=path), ArchiveFolder(path=str(path))
    len(one)
    assert one == other
    assert hash(one) == hash(other)
