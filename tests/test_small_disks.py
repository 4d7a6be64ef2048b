"""Disks that are full, small, or not to be written: errors say so, and nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace import kinds

from datamaestro import Context
from datamaestro.data import File, Folder
from datamaestro.data.text import TSV
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FileResource, Source
from datamaestro.download.archive import TarDownloader, ZipDownloader
from datamaestro.download.single import FileDownloader
from datamaestro.errors import DataDirectoryError
from datamaestro.testing import FileServer
from datamaestro.testing.faults import WithoutLength

MIB = 1 << 20
Mount = Callable[[str], Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Give a function that mounts a small file system with some options, and gives its folder."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = []

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small file system")
    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


def plain(url: str, **declared: Any) -> type[Dataset]:
    @dataset(id="org.example.plain")
    class Plain(Dataset):
        DATA = FileDownloader("data.bin", url, **declared)

        def config(self) -> File:
            return File(path=self.DATA.path)

    return Plain


def zipped(url: str) -> type[Dataset]:
    @dataset(id="org.example.zipped")
    class Zipped(Dataset):
        DATA = ZipDownloader("data", url)

        def config(self) -> Folder:
            return Folder(path=self.DATA.path)

    return Zipped


def packed_in_tar(url: str) -> type[Dataset]:
    @dataset(id="org.example.tar")
    class Packed(Dataset):
        DATA = TarDownloader("data", url)

        def config(self) -> Folder:
            return Folder(path=self.DATA.path)

    return Packed


def data(context: Context) -> list[Path]:
    """Give what is in place: the files in datasets' folders that aren't the kernel's own."""
    return [
        path
        for path in context.datapath.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.parts)
    ]


def test_a_download_that_has_no_room_is_refused_with_what_is_missing(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files["/x"] = bytes(3 * MIB)
    context = Context(mount("size=2m"))
    with pytest.raises(DataDirectoryError) as caught:
        context.prepare(plain(file_server.url("/x")))
    assert caught.value.message == "not enough space to download"
    assert caught.value.expected == "3,145,728 bytes free"
    assert "too few" in str(caught.value.found)
    assert [path.stat().st_size for path in context.path.rglob("*.part")] == [0]
    assert data(context) == []


def test_files_that_have_no_room_together_are_refused_before_the_first_is_fetched(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files.update({"/x": bytes(3 * MIB), "/y": bytes(3 * MIB)})

    @dataset(id="org.example.two")
    class Two(Dataset):
        FIRST = FileDownloader("first.bin", file_server.url("/x"), size=3 * MIB)
        SECOND = FileDownloader("second.bin", file_server.url("/y"), size=3 * MIB)

        def config(self) -> File:
            return File(path=self.FIRST.path)

    context = Context(mount("size=5m"))
    with pytest.raises(DataDirectoryError, match="not enough space for all files") as caught:
        context.prepare(Two)
    assert caught.value.expected == "6,291,456 bytes free"
    assert file_server.requests == []
    remount(context.path, "size=8m")
    assert context.prepare(Two).path.stat().st_size == 3 * MIB


def test_a_small_file_that_has_no_room_is_not_there_by_half(
    mount: Mount, home: Path, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (kinds.content(name, MIB * 5 // 8) for name in "xy")
    file_server.files.update({"/x": first, "/y": second})
    monkeypatch.setenv("DATAMAESTRO_CONNECTIONS", "1")

    @dataset(id="org.example.two")
    class Two(Dataset):
        FIRST = FileDownloader("first.bin", file_server.url("/x"))
        SECOND = FileDownloader("second.bin", file_server.url("/y"), size=len(second))

        def config(self) -> File:
            return File(path=self.SECOND.path)

    context = Context(mount("size=1m"))
    with pytest.raises(DataDirectoryError, match="No space left on device; free some space"):
        context.prepare(Two)
    assert [path.name for path in data(context)] == ["first.bin"]
    remount(context.path, "size=8m")
    assert context.prepare(Two).path.read_bytes() == second


def test_a_gzip_file_that_has_no_room_is_refused_before_it_is_fetched(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files["/x.gz"] = content = gzip.compress(bytes(16 * MIB))
    context = Context(mount("size=2m"))
    with pytest.raises(DataDirectoryError, match=r"not enough space to unpack data\.bin"):
        context.prepare(plain(file_server.url("/x.gz"), size=len(content)))
    (request,) = file_server.requests
    assert request.headers["range"] == f"bytes={len(content) - 4}-"


def test_a_zip_that_has_no_room_is_refused_before_it_is_unpacked(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.bin", bytes(MIB))
    file_server.files["/x.zip"] = buffer.getvalue()
    context = Context(mount("size=2m"))
    with pytest.raises(DataDirectoryError, match="not enough space to unpack"):
        context.prepare(zipped(file_server.url("/x.zip")))
    assert data(context) == []
    remount(context.path, "size=8m")
    assert sorted(
        path.name for path in context.prepare(zipped(file_server.url("/x.zip"))).path.iterdir()
    ) == [f"{number}.bin" for number in range(4)]


def test_a_member_of_a_tar_that_has_no_room_is_refused_before_it_is_written(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for number in range(4):
            member = tarfile.TarInfo(f"{number}.bin")
            member.size = MIB
            archive.addfile(member, io.BytesIO(bytes(MIB)))
    file_server.files["/x.tar.gz"] = buffer.getvalue()
    definition = packed_in_tar(file_server.url("/x.tar.gz"))
    context = Context(mount("size=3m"))
    with pytest.raises(DataDirectoryError) as caught:
        context.prepare(definition)
    assert caught.value.message.startswith("not enough space to unpack '2.bin' of http://")
    assert caught.value.expected == "1,048,576 bytes free"
    assert data(context) == []
    remount(context.path, "size=8m")
    assert sorted(path.name for path in context.prepare(definition).path.iterdir()) == [
        f"{number}.bin" for number in range(4)
    ]


def test_a_disk_that_fills_up_leaves_a_partial_file_that_is_continued(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files["/x"] = content = kinds.content("x", 4 * MIB)
    file_server.faults["/x"] = [WithoutLength()]  # so that nobody knows before
    definition = plain(file_server.url("/x"))
    context = Context(mount("size=2m"))
    for _ in range(3):
        with pytest.raises(DataDirectoryError, match=r"free some space, .*then run it again"):
            context.prepare(definition)
    assert data(context) == []
    remount(context.path, "size=16m")
    assert context.prepare(definition).path.read_bytes() == content
    assert int(file_server.requests[-1].headers["range"].strip("bytes=-")) > MIB


def test_a_disk_that_fills_up_while_a_stream_is_unpacked_leaves_the_download(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files["/x.gz"] = gzip.compress(kinds.content("x", 4 * MIB), mtime=0)
    definition = plain(file_server.url("/x.gz"))
    context = Context(mount("size=5m"))
    with pytest.raises(DataDirectoryError, match="No space left on device; free some space"):
        context.prepare(definition)
    assert data(context) == []
    remount(context.path, "size=16m")
    assert context.prepare(definition).path.read_bytes() == kinds.content("x", 4 * MIB)
    assert "range" in file_server.requests[-1].headers


class Beginning(FileResource):
    """The first bytes of what a URL gives, once another file is complete."""

    def __init__(self, filename: str, url: str, after: FileResource) -> None:
        super().__init__(filename)
        self.source = Source((url,))
        self.after = after

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self.source,)

    def _download(self, destination: Path) -> None:
        with self.open(self.source) as stream:
            destination.write_bytes(stream.read(10))


def test_a_download_that_is_needed_again_and_has_no_room_beside_the_data_is_fetched_again(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files["/x"] = content = kinds.content("x", 5 * MIB)

    @dataset(id="org.example.several")
    class Several(Dataset):
        WHOLE = FileDownloader("whole.bin", file_server.url("/x"))
        BEGINNING = Beginning("beginning.bin", file_server.url("/x"), WHOLE)

        def config(self) -> File:
            return File(path=self.BEGINNING.path)

    context = Context(mount("size=8m"))
    with pytest.raises(DataDirectoryError, match="not enough space to download"):
        context.prepare(Several)
    (whole,) = data(context)
    assert (whole.read_bytes(), whole.stat().st_nlink) == (content, 1)
    remount(context.path, "size=16m")
    assert context.prepare(Several).path.read_bytes() == content[:10]


@pytest.mark.parametrize("files", [3, 6, 9, 12])
def test_a_quota_of_files_is_told_and_nothing_half_done_stays(
    mount: Mount, home: Path, file_server: FileServer, files: int
) -> None:
    file_server.files["/x.zip"] = kinds.as_zip()
    definition = zipped(file_server.url("/x.zip"))
    context = Context(mount(f"size=8m,nr_inodes={files + 1}"))
    with pytest.raises(DataDirectoryError, match=r"No space left on device; .*or remove files"):
        context.prepare(definition)
    assert data(context) == []
    remount(context.path, "nr_inodes=1000")
    folder = context.prepare(definition).path
    assert {name for name in kinds.FILES if (folder / name).is_file()} == set(kinds.FILES)


def test_a_read_only_file_system_gives_what_it_has_and_says_what_it_cannot(
    mount: Mount, home: Path, file_server: FileServer
) -> None:
    file_server.files.update({"/x": b"x", "/y.zip": kinds.as_zip()})
    context = Context(mount("size=8m"))
    definition = plain(file_server.url("/x"))
    context.prepare(definition)
    remount(context.path, "ro")
    assert context.prepare(definition).path.read_bytes() == b"x"
    with pytest.raises(DataDirectoryError, match="Read-only file system; the file system is"):
        context.prepare(zipped(file_server.url("/y.zip")))
    with pytest.raises(DataDirectoryError, match="Read-only file system"):
        context.prepare(definition, force=True)


def test_a_text_that_has_no_room_beside_it_is_decompressed_to_the_cache(
    mount: Mount, home: Path
) -> None:
    path = mount("size=256k") / "rows.tsv.gz"
    path.write_bytes(gzip.compress(b"".join(b"k%d\tthe same\n" % row for row in range(30_000))))
    rows = TSV(path=path, id_column=0)
    assert len(list(rows)) == 30_000
    assert rows.get("k7") == ["k7", "the same"]
    assert list(path.parent.iterdir()) == [path]
    assert len(list(home.rglob("*.text"))) == 1


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
import limited_definitions
from datamaestro import Context
try:
    Context(sys.argv[1]).prepare(limited_definitions.Limited)
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("path", ["/x", "/x.gz"])
def test_a_limit_on_the_size_of_files_is_told_with_what_to_do(
    tmp_path: Path, file_server: FileServer, path: str
) -> None:
    content = kinds.content("x", 2 * MIB)
    file_server.files.update({"/x": content, "/x.gz": gzip.compress(bytes(2 * MIB))})
    (tmp_path / "limited_definitions.py").write_text(
        "from datamaestro.data import File\n"
        "from datamaestro.definitions import Dataset, dataset\n"
        "from datamaestro.download.single import FileDownloader\n"
        '@dataset(id="org.example.limited")\n'
        "class Limited(Dataset):\n"
        f'    DATA = FileDownloader("data.bin", "{file_server.url(path)}")\n'
        "    def config(self) -> File:\n"
        "        return File(path=self.DATA.path)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "data")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("DataDirectoryError"), done.stdout
    assert "File too large; files may not be that large here: raise the limit" in done.stdout
    assert data(Context(tmp_path / "data")) == []
