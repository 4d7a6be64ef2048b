"""Every way through the code that an archive can take."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from archive_builders import COMPRESSORS, Entry, tar, tar_file, zipped

from datamaestro.download.resource import Binding
from datamaestro.download.source import Source
from datamaestro_download_archive import (
    ArchiveFolder,
    ArchiveMember,
    TarDownloader,
    ZipDownloader,
)

GOOD = "good.txt"
"""A member that all archives of the corpus have, first."""

CONTENT = b"an honest member"


def tree(folder: Path) -> dict[str, bytes | str | None]:
    """Give contents of files, targets of links, None for folders, by their names."""
    found: dict[str, bytes | str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = None if path.is_dir() else path.read_bytes()
    return found


class Arriving(io.RawIOBase):
    """A stream as a download is one: in odd pieces, forward only."""

    def __init__(self, data: bytes, step: int = 7919) -> None:
        super().__init__()
        self._data = data
        self._position = 0
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        count = self._step if size < 0 else min(size, self._step)
        piece = self._data[self._position : self._position + count]
        self._position += len(piece)
        return piece

    def readable(self) -> bool:
        return True


class LocalFetcher:
    """Gives files of this machine, by their ``file:`` URLs."""

    def fetch(self, source: Source) -> Path:
        return Path(url2pathname(urlsplit(source.url).path))

    def fetch_to(self, source: Source, destination: Path) -> None:
        destination.write_bytes(self.fetch(source).read_bytes())

    @contextmanager
    def open(self, source: Source) -> Iterator[BinaryIO]:
        yield Arriving(self.fetch(source).read_bytes())

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        return self.fetch(source).read_bytes()[-count:]


def make(resource: Any, folder: Path) -> Path:
    """Make a resource as the kernel does: below a working folder that exists."""
    folder.mkdir(exist_ok=True)
    nothing: Any = None
    bound = resource.bind(Binding(nothing, nothing, folder, LocalFetcher), {})
    destination = folder / "made"
    bound._download(destination)
    return destination


def stored(data: bytes, folder: Path, name: str = "archive") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def through_folder(handler: Any, nested: bool = False) -> Callable[[bytes, Path], None]:
    def route(data: bytes, folder: Path) -> None:
        options = {"nested": ["*/inner.bin"]} if nested else {}
        if nested and handler is ZipDownloader:
            data = zipped(Entry("deep/inner.bin", data), Entry("other.txt"))
        elif nested:
            data = tar(tar_file("deep/inner.bin", data), tar_file("other.txt"))
        url = stored(data, folder).as_uri()
        make(handler("data", url, **options), folder / "work")

    return route


def packed(name: str) -> Callable[[bytes, Path], None]:
    def route(data: bytes, folder: Path) -> None:
        through_folder(TarDownloader)(COMPRESSORS[name](data), folder)

    return route


def member(name: str) -> Callable[[bytes, Path], None]:
    def route(data: bytes, folder: Path) -> None:
        url = stored(COMPRESSORS[name](data), folder).as_uri()
        make(ArchiveMember("one.txt", url, member=GOOD), folder / "work")

    return route


def nested_member(data: bytes, folder: Path) -> None:
    url = stored(zipped(Entry("inner", data)), folder).as_uri()
    make(ArchiveMember("one.txt", url, member=("inner", GOOD)), folder / "work")


def in_place(data: bytes, folder: Path) -> None:
    archive = ArchiveFolder(path=stored(data, folder))
    for name in archive:
        archive.read(name)
        with archive.open(name) as file:
            while file.read(1 << 16):
                pass


def indexed(data: bytes, folder: Path) -> None:
    path = stored(COMPRESSORS["gz"](data), folder)
    archive = ArchiveFolder(path=path)
    archive.write_index()
    for name in archive.names():
        archive.read(name)


TAR_ROUTES = {
    "stream": packed("bare"),
    "stream-gz": packed("gz"),
    "stream-xz": packed("xz"),
    "stream-zst": packed("zst"),
    "seek": member("bare"),
    "member-bz2": member("bz2"),
    "nested": through_folder(TarDownloader, nested=True),
    "nested-member": nested_member,
    "in-place": in_place,
    "in-place-indexed": indexed,
}
ZIP_ROUTES = {
    "folder": through_folder(ZipDownloader),
    "member": member("bare"),
    "nested": through_folder(ZipDownloader, nested=True),
    "nested-member": nested_member,
    "in-place": in_place,
}
