"""Tar archives of all formats come out as GNU tar would have them."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest
from archive_builders import (
    COMPRESSORS,
    END_OF_TAR,
    gnu_long,
    header,
    padded,
    pax,
    pax_records,
    tar,
    tar_file,
    tar_folder,
    tar_link,
)
from archive_routes import TAR_ROUTES, Arriving, stored, tree

from datamaestro_download_archive import (
    ArchiveFolder,
    ArchiveLimitError,
    DamagedArchiveError,
    Limits,
    UnsafeArchiveError,
    UnsupportedArchiveError,
)
from datamaestro_download_archive.unpack import Plan, unpack_tar


def unpack(data: bytes, folder: Path, **plan: object) -> dict[str, bytes | str | None]:
    """Unpack as a download arrives; give contents of files, targets of links, None for folders."""
    destination = folder / "out"
    unpack_tar(Arriving(data), destination, "test.tar", Plan(**plan))
    return tree(destination)


TWO = tar(tar_file("a.txt", b"A" * 700), tar_folder("d"), tar_file("d/b.txt", b"B"))
TWO_TREE = {"a.txt": b"A" * 700, "d": None, "d/b.txt": b"B"}


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_each_compression_is_known_by_its_content(compression, tmp_path):
    assert unpack(COMPRESSORS[compression](TWO), tmp_path) == TWO_TREE


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_several_compressed_streams_are_one_archive(compression, tmp_path):
    compress = COMPRESSORS[compression]
    data = compress(TWO[:300]) + compress(TWO[300:1500]) + compress(TWO[1500:])
    assert unpack(data, tmp_path) == TWO_TREE


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_zeros_after_a_compressed_stream_are_padding(compression, tmp_path):
    assert unpack(COMPRESSORS[compression](TWO) + bytes(4096), tmp_path) == TWO_TREE


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_anything_else_after_a_compressed_stream_is_damage(compression, tmp_path):
    with pytest.raises(DamagedArchiveError, match="follows its end"):
        unpack(COMPRESSORS[compression](TWO) + b"garbage", tmp_path)


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst"])
def test_a_compressed_archive_that_is_cut_off_is_damaged_wherever_it_ends(compression, tmp_path):
    whole = COMPRESSORS[compression](TWO)
    for length in range(20, len(whole), 7):
        with pytest.raises((DamagedArchiveError, UnsupportedArchiveError)):
            unpack(whole[:length], tmp_path)
        assert not (tmp_path / "out").exists()


def test_an_archive_that_is_cut_off_is_damaged_wherever_it_ends(tmp_path):
    for length in range(512, len(TWO) - len(END_OF_TAR) + 1, 64):
        with pytest.raises(DamagedArchiveError, match="cut off"):
            unpack(TWO[:length], tmp_path)
        assert not (tmp_path / "out").exists()


THREE = tar(tar_file("a", b"A" * 9000), tar_file("b", b"B" * 9000), tar_file("c"))


@pytest.mark.parametrize("route", ["stream", "stream-gz", "seek", "in-place", "in-place-indexed"])
@pytest.mark.parametrize("length", [512, 1024, 9000 + 512])
def test_zeros_in_the_place_of_members_are_damage(length, route, tmp_path):
    start = THREE.index(b"B") - 512
    hole = THREE[:start] + bytes(length) + THREE[start + length :]
    with pytest.raises(DamagedArchiveError, match="something follows the archive's end"):
        TAR_ROUTES[route](hole, tmp_path)


@pytest.mark.parametrize("compression", COMPRESSORS)
@pytest.mark.parametrize(
    "joined", [THREE + TWO, THREE + b"<html>error</html>" * 100, THREE[:-512] + TWO, THREE + b"x"]
)
def test_what_follows_the_end_of_an_archive_is_damage(joined, compression, tmp_path):
    with pytest.raises(DamagedArchiveError, match="something follows the archive's end"):
        unpack(COMPRESSORS[compression](joined), tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("compression", COMPRESSORS)
@pytest.mark.parametrize("padding", [0, 1, 512, 10240, 1 << 20])
def test_any_number_of_zeros_ends_an_archive(padding, compression, tmp_path):
    assert unpack(COMPRESSORS[compression](TWO + bytes(padding)), tmp_path) == TWO_TREE


def test_one_block_of_zeros_is_the_end_of_a_file_that_ends_there(tmp_path):
    assert unpack(TWO[:-512], tmp_path) == TWO_TREE


def test_what_fills_the_last_record_may_be_anything(tmp_path):
    """As POSIX has it, and the programs of old systems write it."""
    record = TWO + THREE[: 10240 - len(TWO)]
    assert ArchiveFolder(path=stored(record, tmp_path)).read("d/b.txt") == b"B"
    assert unpack(record, tmp_path) == TWO_TREE


def test_what_fills_more_than_the_last_record_is_damage(tmp_path):
    record = TWO + THREE[: 10240 - len(TWO)]
    with pytest.raises(DamagedArchiveError):
        unpack(record + bytes(512), tmp_path)


def test_a_wrong_checksum_of_gzip_is_damage(tmp_path):
    data = bytearray(COMPRESSORS["gz"](TWO))
    data[-6] ^= 1
    with pytest.raises(DamagedArchiveError, match="gzip"):
        unpack(bytes(data), tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("layout", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_all_lengths_and_scripts_in_all_formats(layout, tmp_path):
    names = [
        "short",
        "a/" * 40 + "file-in-forty-folders-whose-path-needs-the-prefix-of-ustar.txt",
        "é" * 40,
    ]
    if layout != tarfile.USTAR_FORMAT:
        names += ["long/" + "x" * 200, "日本語/" + "語" * 70, "deep/" * 50 + "file"]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=layout) as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name.encode())
            archive.addfile(member, io.BytesIO(name.encode()))
    files = unpack(buffer.getvalue(), tmp_path)
    assert {name for name, data in files.items() if data is not None} == set(names)
    assert all(files[name] == name.encode() for name in names)


def test_names_that_are_no_utf8_keep_their_bytes(tmp_path):
    unpack(tar(tar_file(b"caf\xe9")), tmp_path)
    (path,) = (tmp_path / "out").iterdir()
    assert os.fsencode(path.name) == b"caf\xe9"


def test_gnu_long_names_and_targets(tmp_path):
    long = "x" * 150
    files = unpack(
        tar(
            gnu_long(f"d/{long}") + tar_file("cut"),
            gnu_long(long, b"K") + gnu_long("d/link") + tar_link("cut", "cut"),
        ),
        tmp_path,
        unwrap=False,
    )
    assert files[f"d/{long}"] == b"data"
    assert files["d/link"] == long


def test_the_pax_name_wins_over_the_others(tmp_path):
    data = tar(pax(path="third") + gnu_long("second") + tar_file("first"))
    assert unpack(data, tmp_path) == {"third": b"data"}


def test_the_pax_size_wins_over_the_field(tmp_path):
    data = tar(pax(size="3") + header("a", 0) + b"abc".ljust(512, b"\0"), tar_file("b"))
    assert unpack(data, tmp_path) == {"a": b"abc", "b": b"data"}


def test_comments_in_global_headers_are_passed_over(tmp_path):
    data = tar(pax(b"g", comment="0123abcd"), tar_file("a"))
    assert unpack(data, tmp_path) == {"a": b"data"}


def test_a_global_header_needs_no_member_after_it(tmp_path):
    """So git archives a folder without files."""
    assert unpack(tar(pax(b"g", comment="0123abcd")), tmp_path) == {}
    data = tar(pax(b"g", comment="1"), pax(b"g", comment="2"), tar_file("a"), pax(b"g", comment=""))
    assert ArchiveFolder(path=stored(data, tmp_path)).read("a") == b"data"


def test_sizes_in_base_256(tmp_path):
    field = b"\x80" + (4).to_bytes(11, "big")
    data = tar(header("a", size_field=field) + b"data".ljust(512, b"\0"))
    assert unpack(data, tmp_path) == {"a": b"data"}


def test_version_7_headers_with_a_folder_by_its_slash(tmp_path):
    data = tar(
        header("d/", kind=b"\0", magic=b"\0" * 8),
        tar_file("d/x", kind=b"\0", magic=b"\0" * 8),
    )
    assert unpack(data, tmp_path, unwrap=False) == {"d": None, "d/x": b"data"}


def test_checksums_of_signed_bytes(tmp_path):
    block = bytearray(header(b"caf\xc3\xa9", 0))
    total = sum(b - 256 if b > 127 else b for b in block[:148] + block[156:]) + 8 * 32
    block[148:156] = b"%06o\0 " % total
    assert unpack(tar(bytes(block)), tmp_path) == {"café": b""}


def test_a_checksum_is_right_however_large_the_sum_of_a_header_is(tmp_path):
    folder, name = "é" * 77, "é" * 50
    block = header(name, prefix=folder, target=b"\xff" * 100)  # whose target is that of no link
    assert int(block[148:154], 8) > 65_521  # where the sum that zlib computes begins again
    assert unpack(tar(block), tmp_path, unwrap=False) == {folder: None, f"{folder}/{name}": b""}


def test_a_name_in_two_parts_ends_where_the_program_star_writes_times(tmp_path):
    prefix, times = "/".join(["p" * 32] * 4)[:131], b"0" * 11 + b" " + b"0" * 11 + b" "
    block = bytearray(header("name", magic=b"ustar\x0000"))
    block[345:512] = prefix.encode() + times + bytes(8) + b"tar\0"
    block[148:156] = b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 8 * 32)
    assert unpack(tar(bytes(block)), tmp_path, unwrap=False).keys() >= {f"{prefix}/name"}


def test_a_volume_title_is_no_member(tmp_path):
    assert unpack(tar(header("title", kind=b"V"), tar_file("a")), tmp_path) == {"a": b"data"}


def test_dots_and_double_slashes_mean_nothing(tmp_path):
    data = tar(tar_folder("./"), tar_folder("./d/"), tar_file("./d//./x"))
    assert unpack(data, tmp_path, unwrap=False) == {"d": None, "d/x": b"data"}


def test_folders_may_come_twice_and_after_their_files(tmp_path):
    data = tar(tar_file("d/x"), tar_folder("d"), tar_folder("d/"))
    assert unpack(data, tmp_path, unwrap=False) == {"d": None, "d/x": b"data"}


def test_symbolic_links_inside_stay_links(tmp_path):
    data = tar(
        tar_file("d/x", b"X"),
        tar_link("to-file", "d/x"),
        tar_link("d/up", "../to-come"),
        tar_link("to-folder", "./d/"),
        tar_file("to-come"),
    )
    files = unpack(data, tmp_path)
    assert (files["to-file"], files["d/up"], files["to-folder"]) == ("d/x", "../to-come", "d")
    assert (tmp_path / "out" / "to-folder" / "x").read_bytes() == b"X"


def test_links_are_relative_to_the_folder_that_was_unwrapped(tmp_path):
    data = tar(tar_file("top/d/x"), tar_link("top/d/y", "../../top/z"), tar_file("top/z"))
    assert unpack(data, tmp_path) == {"d": None, "d/x": b"data", "d/y": "../z", "z": b"data"}


def test_a_link_out_of_the_folder_that_is_unwrapped_is_refused(tmp_path):
    data = tar(tar_file("top/x"), tar_link("top/y", "../z"))
    with pytest.raises(UnsafeArchiveError, match="outside the archive's top folder"):
        unpack(data, tmp_path)


def test_hard_links_are_the_same_file(tmp_path):
    data = tar(tar_file("a", b"A"), tar_link("d/b", "./a", b"1"))
    assert unpack(data, tmp_path) == {"a": b"A", "d": None, "d/b": b"A"}
    assert (tmp_path / "out/a").stat().st_ino == (tmp_path / "out/d/b").stat().st_ino


def test_only_the_right_to_execute_is_kept(tmp_path):
    os.umask(mask := os.umask(0))
    data = tar(tar_file("s", mode=0o6777), tar_file("n", mode=0o6000), header("d", 0, b"5", mode=0))
    unpack(data, tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert modes == {"s": 0o777 & ~mask, "n": 0o666 & ~mask, "d": 0o777 & ~mask}


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        *[["--format=posix", f"--sparse-version={v}"] for v in ("0.0", "0.1", "1.0")],
    ],
)
def test_files_with_holes_as_gnu_tar_writes_them(options, tmp_path):
    source = tmp_path / "sparse"
    with source.open("wb") as file:
        for start in range(0, 20 << 20, 1 << 20):
            file.seek(start)
            file.write(b"x" * 4096)
        file.truncate(21 << 20)
    archive = tmp_path / "a.tar"
    subprocess.run(["tar", "-S", "-cf", archive, *options, "-C", tmp_path, "sparse"], check=True)
    assert archive.stat().st_size < 1 << 20
    files = unpack(archive.read_bytes(), tmp_path)
    assert files == {"sparse": source.read_bytes()}
    assert ArchiveFolder(path=archive).read("sparse") == source.read_bytes()


def test_a_sparse_map_in_records(tmp_path):
    records = [
        ("GNU.sparse.size", "10"),
        ("GNU.sparse.numblocks", "1"),
        ("GNU.sparse.offset", "3"),
        ("GNU.sparse.numbytes", "4"),
    ]
    data = tar(pax_records(records), tar_file("s", b"data"))
    assert unpack(data, tmp_path) == {"s": b"\0\0\0data\0\0\0"}


def test_what_gnu_tar_packs_comes_out_the_same(tmp_path):
    source = tmp_path / "source"
    for name in ("a", "b/c", "b/" + "d" * 60 + "/" + "e" * 60, "ü/ß.txt"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode() * 999)
    (source / "empty").mkdir()
    (source / "link").symlink_to("b/c")
    os.link(source / "a", source / "again")
    for layout in ("v7", "oldgnu", "gnu", "ustar", "posix"):
        archive = tmp_path / f"{layout}.tar"
        names = ["a", "b/c", "empty", "link", "again"] if layout == "v7" else ["."]
        command = ["tar", f"--format={layout}", "-cf", archive, "-C", source, *names]
        subprocess.run(command, check=True)
        peer = tmp_path / f"{layout}-tar"
        peer.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", peer], check=True)
        ours = tmp_path / layout
        unpack_tar(Arriving(archive.read_bytes()), ours, "test.tar", Plan())
        assert tree(ours) == tree(peer)


@pytest.mark.parametrize("mode", [b"rw-r--r-", b"\xff" * 8, b"9999999\0"])
def test_a_mode_that_is_no_number_says_nothing(mode, tmp_path):
    block = bytearray(header("a", 4))
    block[100:108], block[148:156] = mode, b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert unpack(tar(bytes(block) + padded(b"data"), tar_file("b")), tmp_path)["a"] == b"data"
    assert not os.access(tmp_path / "out" / "a", os.X_OK)


def test_a_bomb_is_stopped_while_it_comes(tmp_path):
    data = COMPRESSORS["gz"](tar(tar_file("zeros", bytes(64 << 20))))
    with pytest.raises(ArchiveLimitError, match="far more than its own size"):
        unpack(data, tmp_path, limits=Limits(allowance=1 << 20))
    assert not (tmp_path / "out").exists()


def test_max_size_lets_a_bomb_pass_that_the_author_knows(tmp_path):
    data = COMPRESSORS["gz"](tar(tar_file("zeros", bytes(8 << 20))))
    limits = Limits(allowance=1 << 20).raised_to(8 << 20)
    assert len(unpack(data, tmp_path, limits=limits)["zeros"]) == 8 << 20


def test_max_size_is_a_limit_too(tmp_path):
    with pytest.raises(ArchiveLimitError, match="max_size"):
        unpack(TWO, tmp_path, limits=Limits().raised_to(700))
    assert not (tmp_path / "out").exists()


def test_the_number_of_members_is_limited(tmp_path):
    with pytest.raises(ArchiveLimitError, match="at most 2"):
        unpack(TWO, tmp_path, limits=Limits(members=2))


FOLDERS = tar(tar_file("d/e/f/x"), tar_file("d/e/f/y"), tar_folder("g"), tar_file("g/z"))
"""Seven, with the folders: four members, and three folders that are none."""


def test_folders_above_members_count_once_whether_or_not_they_are_members(tmp_path):
    assert len(unpack(FOLDERS, tmp_path, limits=Limits(members=7))) == 7


def test_folders_above_members_that_are_too_many_are_refused(tmp_path):
    with pytest.raises(ArchiveLimitError, match="at most 6"):
        unpack(FOLDERS, tmp_path, limits=Limits(members=6))
    assert not list(tmp_path.iterdir())


def test_what_is_not_selected_does_not_count_for_the_size(tmp_path):
    files = unpack(TWO, tmp_path, files=("d/b.txt",), limits=Limits().raised_to(1))
    assert files == {"b.txt": b"B"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html>\n<html>" + b" " * 600, "an HTML page"),
        (b"\n\n<html><body>quota exceeded", "an HTML page"),
        (b'{"error": "not found"}', "a JSON text"),
        (b"PK\x03\x04" + bytes(600), "a zip archive; use ZipDownloader"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "a 7z archive"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(600), "a RAR archive"),
        (b"not found, sorry", "'not found, sorry'"),
        (bytes(range(1, 200)) * 4, "01 02 03"),
        (COMPRESSORS["gz"](b"just a text"), "a gzip file of a text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_tar_is_named(data, says, tmp_path):
    with pytest.raises(UnsupportedArchiveError, match=r"isn't a tar archive") as caught:
        unpack(data, tmp_path)
    assert says in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_error_of_the_stream_passes_and_leaves_nothing(tmp_path):
    class Broken(Arriving):
        def read(self, size=-1, /):
            if self._position > 1000:
                raise ConnectionResetError("gone")
            return super().read(size)

    for data in (TWO, COMPRESSORS["gz"](os.urandom(1 << 16) + TWO), COMPRESSORS["gz"](TWO * 99)):
        with pytest.raises((ConnectionResetError, UnsupportedArchiveError)):
            unpack_tar(Broken(data, 300), tmp_path / "out", "test.tar", Plan())
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_the_first_name_may_begin_as_a_bzip2_file_does(compression, tmp_path):
    data = COMPRESSORS[compression](tar(tar_file("BZh91AY.txt", b"text")))
    assert unpack(data, tmp_path) == {"BZh91AY.txt": b"text"}


def test_such_a_tar_is_read_in_place(tmp_path):
    archive = ArchiveFolder(path=stored(tar(tar_file("BZh91AY.txt", b"text")), tmp_path))
    assert archive.read("BZh91AY.txt") == b"text"
