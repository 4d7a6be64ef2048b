"""The index of a text: where it is kept, and when it is made again."""

from __future__ import annotations

import errno
import gzip
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pytest

from datamaestro.data import File
from datamaestro.errors import DataDirectoryError, DataFormatError
from datamaestro_format_text import TSV, Lines, _plugin
from datamaestro_format_text.reader import decompressed, make_reader
from datamaestro_format_text.storage import places, save_first, stamp_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.tsv"
    path.write_text("".join(f"k{number}\t{number}\n" for number in range(1000)))
    return path


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache; all variables that name it on some system."""
    folder = tmp_path_factory.mktemp("home") / "cache"
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(folder))
    return folder


def index_of(path: Path) -> Path:
    (found,) = path.parent.glob(f".{path.name}.*.index")
    return found


def rows(path: Path) -> TSV:
    return TSV(path=path, id_column=0)


def test_iterating_makes_no_index(path: Path) -> None:
    assert sum(1 for _ in rows(path)) == 1000

    assert list(path.parent.iterdir()) == [path]


def test_it_is_kept_beside_the_text(path: Path) -> None:
    len(rows(path))

    assert {item.name for item in path.parent.iterdir()} == {path.name, index_of(path).name}


def test_it_is_made_once(path: Path) -> None:
    rows(path).get("k7")
    made = index_of(path).stat()

    rows(path).get("k8")

    assert index_of(path).stat() == made


def test_it_is_made_again_when_the_file_changes(path: Path) -> None:
    assert rows(path).get("k7") == ["k7", "7"]
    path.write_text("k7\tchanged\n")

    assert len(rows(path)) == 1
    assert rows(path).get("k7") == ["k7", "changed"]


def test_the_plain_copy_of_a_file_whose_name_only_begins_alike_stays(tmp_path: Path) -> None:
    for name in ("rows.tsv", "rows"):
        (tmp_path / name).write_bytes(gzip.compress(b"a\n"))
        assert len(Lines(path=tmp_path / name)) == 1

    assert len(list(tmp_path.glob("*.text"))) == 2


def test_none_is_kept_of_a_file_that_changes_while_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_bytes(b"a\nb\n")

    def change(line: bytes) -> bytes:
        os.utime(path, ns=(0, 1))
        return line

    with pytest.raises(DataFormatError, match="changes"):
        make_reader(path, header_lines=0, suffix="test", key_of=change)
    assert [item.name for item in tmp_path.iterdir()] == ["rows.tsv"]


def test_no_plain_copy_is_named_after_another_state_of_its_file(tmp_path: Path) -> None:
    old, path = tmp_path / "old.gz", tmp_path / "rows.gz"
    for file, content in ((old, b"a\n"), (path, b"b\n")):
        file.write_bytes(gzip.compress(content))

    with pytest.raises(DataFormatError, match="changes"):
        decompressed(path, stamp_of(old))
    assert sorted(item.name for item in tmp_path.iterdir()) == ["old.gz", "rows.gz"]


@pytest.mark.skipif(os.name == "nt", reason="a mapped file can't be replaced there")
def test_an_object_keeps_its_text_when_the_file_is_replaced_or_removed(tmp_path: Path) -> None:
    path, other = tmp_path / "x.txt", tmp_path / "y.txt"
    path.write_text("old\n" * 10_000)
    other.write_text("new\n")
    lines = Lines(path=path)
    assert lines[0] == "old"
    other.replace(path)
    newer = Lines(path=path)
    assert newer[0] == "new"
    path.unlink()

    assert (lines[9999], len(lines)) == ("old", 10_000)
    assert (newer[0], len(newer)) == ("new", 1)


def test_a_change_of_the_time_alone_is_noticed(path: Path) -> None:
    len(rows(path))
    content = path.read_text()
    path.write_text(content.replace("\t7\n", "\t8\n").replace("k7", "q7"))
    os.utime(path, ns=(0, 1))

    assert rows(path).get("q7") == ["q7", "8"]


def replace(path: Path, content: bytes) -> None:
    """Give a file another content under the same size and time."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_a_change_that_keeps_size_and_time_is_noticed(path: Path) -> None:
    path.write_text("1\ta\n2\tb\n")
    assert rows(path).get("1") == ["1", "a"]
    replace(path, b"2\ta\n1\tb\n")

    assert [rows(path).get(key) for key in "12"] == [["1", "b"], ["2", "a"]]


class TestAChangeFarFromTheEnds:
    """Size, time and ends of the file stay; what is read at some line tells it."""

    LINES = [b"k%d\tv%d%s\n" % (row, row, b"x" * (row % 50)) for row in range(20_000)]
    SOME = b"".join(LINES[10_010:10_020])

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "rows.tsv"
        path.write_bytes(b"".join(self.LINES))
        for column in (None, 0, 1):
            len(TSV(path=path, id_column=column))
        return path

    def change(self, path: Path, new: bytes) -> list[list[str]]:
        """Put other bytes in the place of some lines, and give all rows."""
        replace(path, path.read_bytes().replace(self.SOME, new))
        return list(rows(path))

    @pytest.fixture
    def now(self, path: Path) -> list[list[str]]:
        return self.change(path, b"".join(self.LINES[10_019:10_009:-1]))

    def test_rows_are_found_where_they_are_now(self, path: Path, now: list[list[str]]) -> None:
        for row in now[10_005:10_025]:
            assert rows(path).get(row[0]) == row
            assert TSV(path=path, id_column=1).get(row[1]) == row

    def test_numbers_and_slices_are_those_of_now(self, path: Path, now: list[list[str]]) -> None:
        assert TSV(path=path)[10_015] == now[10_015]
        assert TSV(path=path)[10_005:10_025] == now[10_005:10_025]

    def test_a_line_that_became_two_is_not_taken_for_one(self, path: Path) -> None:
        now = self.change(path, self.SOME.replace(b"xxxxxx", b"\nk\txxx", 1))

        assert TSV(path=path)[10_010] == now[10_010] == ["k10010", "v10010"]
        assert rows(path).get("k10010") == ["k10010", "v10010"]

    def test_an_id_in_the_middle_of_a_line_is_none(self, path: Path) -> None:
        now = self.change(path, self.SOME.replace(b"\nk10011", b"yk10011"))

        assert rows(path).get("k10011") is None
        assert TSV(path=path)[10_011] == now[10_011]

    def test_a_row_that_lost_its_id_is_an_error_with_its_line(self, path: Path) -> None:
        self.change(path, self.SOME.replace(b"\tv10011", b"-v10011"))

        with pytest.raises(DataFormatError) as caught:
            TSV(path=path, id_column=1).get("v10011" + "x" * 11)
        assert caught.value.where == f"{path}:10012"

    def test_the_index_is_made_again_once(self, path: Path, now: list[list[str]]) -> None:
        rows(path).get(now[10_015][0])
        made = {item: item.stat() for item in path.parent.iterdir()}

        assert all(rows(path).get(row[0]) == row for row in now[10_010:10_020])
        assert {item: item.stat() for item in path.parent.iterdir()} == made

    def test_objects_that_have_used_the_index_notice_it_too(self, path: Path) -> None:
        table = rows(path)
        table.get("k10015")
        now = self.change(path, b"".join(self.LINES[10_019:10_009:-1]))

        assert table.get("k10015") == now[10_014]


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "foreign", "longer"])
def test_a_damaged_one_is_made_again(path: Path, damage: str) -> None:
    len(rows(path))
    whole = index_of(path).read_bytes()
    index_of(path).write_bytes(
        {
            "empty": b"",
            "truncated": whole[:-8],
            "flipped": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
            "foreign": b"PK" * 1000,
            "longer": whole + bytes(8),
        }[damage]
    )

    assert all(rows(path).get(f"k{number}") == [f"k{number}", f"{number}"] for number in range(99))
    assert index_of(path).read_bytes() == whole


def test_every_flipped_bit_is_noticed(path: Path) -> None:
    path.write_text("a\t1\nb\t2\n")
    len(rows(path))
    whole = index_of(path).read_bytes()
    for position in range(len(whole)):
        index_of(path).write_bytes(
            whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :]
        )
        assert rows(path).get("b") == ["b", "2"]
        assert len(rows(path)) == 2


def test_texts_with_other_ids_have_their_own(path: Path) -> None:
    assert TSV(path=path, id_column=0).get("k7") == ["k7", "7"]
    assert TSV(path=path, id_column=1).get("7") == ["k7", "7"]
    assert len(Lines(path=path)) == 1000
    assert TSV(path=path, id_column=0).get("k8") == ["k8", "8"]


def test_it_takes_a_small_share_of_the_text(path: Path) -> None:
    path.write_text("".join(f"k{number}\t{'x' * 500}\n" for number in range(20_000)))
    len(rows(path))

    assert index_of(path).stat().st_size <= 0.03 * path.stat().st_size


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", int)() == 0,
    reason="folders can't be made read-only here",
)
def test_it_is_kept_in_the_cache_where_the_folder_is_read_only(path: Path, cache: Path) -> None:
    path.parent.chmod(0o555)
    try:
        assert rows(path).get("k7") == ["k7", "7"]
        assert len(list(cache.rglob("*.index"))) == 1
    finally:
        path.parent.chmod(0o755)


def test_the_cache_is_the_second_place(path: Path, cache: Path) -> None:
    beside, cached = places(path, "lines.index")

    assert beside.parent == path.parent
    assert cache in cached.parents


@pytest.mark.parametrize("name", ["n" * 200, "n" * 215, "é" * 110, "n" * 240, "n" * 252])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_it_is_made_once_for_files_with_long_names(
    tmp_path: Path, cache: Path, name: str, suffix: str
) -> None:
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(gzip.compress(b"a\nb\n") if suffix else b"a\nb\n")

    assert Lines(path=path)[1] == "b"
    (made,) = [*tmp_path.glob(".*.index"), *cache.rglob("*.index")]
    before = made.stat()
    assert Lines(path=path)[1] == "b"
    assert made.stat() == before
    assert not [*tmp_path.glob("*.tmp"), *cache.rglob("*.tmp")]


@pytest.fixture
def unkept(tmp_path: Path, cache: Path) -> Path:
    """A text under gzip of which nothing can be kept."""
    cache.write_text("a file where the folder should be")
    path = tmp_path / f"{'n' * 252}.gz"
    path.write_bytes(gzip.compress(b"a\t1\nb\t2\n"))
    return path


def test_a_compressed_text_needs_no_place_that_keeps_it(unkept: Path, cache: Path) -> None:
    assert list(rows(unkept)) == [["a", "1"], ["b", "2"]]
    assert rows(unkept).get("b") == ["b", "2"]
    assert rows(unkept)[-1] == ["b", "2"]
    assert [item for item in unkept.parent.iterdir() if item.is_file()] == [unkept]
    assert cache.is_file()


@pytest.mark.skipif(os.name == "nt", reason="files that are open have a name there")
def test_what_is_not_kept_leaves_nothing_among_temporary_files(
    unkept: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    assert rows(unkept).get("b") == ["b", "2"]
    assert not list(folder.iterdir())


def test_why_no_place_can_be_written_is_told(
    unkept: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(unkept.parent / "absent"))

    with pytest.raises(DataDirectoryError, match="can be decompressed nowhere") as caught:
        len(Lines(path=unkept))
    assert caught.value.where == str(unkept)
    assert str(unkept.parent) in str(caught.value.expected)
    assert str(cache.parent) in str(caught.value.expected)
    assert "absent" in str(caught.value.found)


def test_it_is_kept_at_the_second_place_where_the_first_becomes_full(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "x", tmp_path / "b" / "x"
    first.parent.mkdir()

    def write(file: BinaryIO) -> None:
        file.write(b"whole")
        if Path(file.name).parent == first.parent:
            raise OSError(errno.ENOSPC, "No space left on device")

    assert save_first([first, second], write) == second
    assert second.read_bytes() == b"whole"
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["a", "b", "x"]


def test_it_stays_in_memory_where_nothing_can_be_written(path: Path, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    suffix = f"{rows(path)._index_suffix()}.index"
    (path.parent / f".{path.name}.{suffix}").mkdir()  # and a folder where the file should be

    assert rows(path).get("k7") == ["k7", "7"]


def test_a_copy_that_may_not_be_replaced_is_used_as_it_is(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    mapped = rows(packed)
    assert mapped.get("k7") == ["k7", "7"]
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if target.suffix == ".text":  # Windows replaces nothing that is mapped
            raise PermissionError(errno.EACCES, "Access is denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    assert Lines(path=packed)[7] == "k7\t7"
    assert mapped.get("k8") == ["k8", "8"]
    assert not list(path.parent.glob("*.tmp"))


def test_a_damaged_copy_that_may_not_be_replaced_is_not_used(
    path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    len(rows(packed))
    (copy,) = path.parent.glob(".*.text")
    copy.write_bytes(b"x" * copy.stat().st_size)

    def refuse(_: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "Access is denied", str(target))

    monkeypatch.setattr(os, "replace", refuse)
    assert Lines(path=packed)[7] == "k7\t7"
    assert rows(packed).get("k8") == ["k8", "8"]
    assert not list(path.parent.glob("*.tmp"))


def test_processes_may_make_it_at_the_same_time(path: Path) -> None:
    path.write_text("".join(f"k{number}\t{number}\n" for number in range(100_000)))
    program = (
        "import sys; from datamaestro_format_text import TSV;"
        "rows = TSV(path=sys.argv[1], id_column=0);"
        "sys.exit(rows.get('k99999') != ['k99999', '99999'] or len(rows) != 100_000)"
    )

    started = [subprocess.Popen([sys.executable, "-c", program, path]) for _ in range(6)]

    assert [process.wait() for process in started] == [0] * 6
    assert len(list(path.parent.iterdir())) == 2


def test_values_can_be_sent_to_other_processes(path: Path) -> None:
    table = rows(path)
    table.get("k7")

    sent = pickle.loads(pickle.dumps(table))

    assert sent == table
    assert sent.get("k8") == ["k8", "8"]


class TestCompressed:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "rows.tsv.gz"
        path.write_bytes(gzip.compress(b"".join(b"k%d\t%d\n" % (n, n) for n in range(1000))))
        return path

    def test_the_plain_text_is_kept_beside_the_index(self, path: Path) -> None:
        assert rows(path).get("k7") == ["k7", "7"]
        assert len(list(path.parent.glob(".rows.tsv.gz.*.text"))) == 1

    def test_that_of_an_older_state_is_removed(self, path: Path) -> None:
        len(rows(path))
        path.write_bytes(gzip.compress(b"new\t1\n"))

        assert rows(path).get("new") == ["new", "1"]
        assert len(list(path.parent.glob(".rows.tsv.gz.*.text"))) == 1

    def test_that_of_another_content_with_the_same_size_and_time_is_not_used(
        self, path: Path
    ) -> None:
        path.write_bytes(gzip.compress(b"1\ta\n2\tb\n", 0, mtime=0))
        assert rows(path).get("1") == ["1", "a"]
        replace(path, gzip.compress(b"2\ta\n1\tb\n", 0, mtime=0))

        assert [rows(path).get(key) for key in "12"] == [["1", "b"], ["2", "a"]]

    def test_a_truncated_one_is_made_again(self, path: Path) -> None:
        len(rows(path))
        (plain,) = path.parent.glob(".rows.tsv.gz.*.text")
        plain.write_bytes(plain.read_bytes()[:100])

        assert rows(path).get("k999") == ["k999", "999"]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    for read in (list, len):
        with pytest.raises(FileNotFoundError):
            read(Lines(path=tmp_path / "absent.txt"))


def test_an_error_while_it_is_made_leaves_nothing(path: Path) -> None:
    with pytest.raises(DataFormatError):
        len(TSV(path=path, id_column=5))

    assert list(path.parent.iterdir()) == [path]


def test_every_described_data_type_can_be_loaded() -> None:
    for spec in _plugin.datamaestro_data_types():
        module, _, name = spec.target.partition(":")
        data_type = getattr(importlib.import_module(module), name)
        assert issubclass(data_type, File)
        assert data_type.__name__ == spec.name


def test_importing_the_data_types_imports_neither_numpy_nor_isal() -> None:
    program = (
        "import sys, datamaestro_format_text; sys.exit(bool({'numpy','isal'}&set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
