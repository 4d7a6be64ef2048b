"""A dataset of each kind of resource, and what has to come of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

FILES = {
    f"part-{number}/{name}.txt": number * 7_000 + 3_000 for number in range(4) for name in "ab"
}


def content(name: str, size: int) -> bytes:
    """Give bytes that compress a little, always the same for a name."""
    return random.Random(name).randbytes(size // 2) + bytes(size - size // 2)


def as_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in FILES.items():
            archive.writestr(zipfile.ZipInfo(name), content(name, size))
    return buffer.getvalue()


def as_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, size in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(content(name, size)))
    return gzip.compress(buffer.getvalue(), mtime=0)


TEXT = content("text", 300_000)
"""What the single file holds."""

SERVED: Mapping[str, bytes] = {
    "/text.gz": gzip.compress(TEXT, mtime=0),
    "/all.zip": as_zip(),
    "/all.tar.gz": as_tar(),
}
"""What the server has, by path."""

DEFINITIONS = """
import os
from datamaestro.data import File, Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FilesCopy
from datamaestro.download.archive import TarDownloader, ZipDownloader
from datamaestro.download.single import FileDownloader

SERVER = os.environ["SERVER"]


@dataset(id="org.example.gz")
class Gz(Dataset):
    TEXT = FileDownloader("text.bin", f"{SERVER}/text.gz")

    def config(self) -> File:
        return File(path=self.TEXT.path)


@dataset(id="org.example.zip")
class Zip(Dataset):
    TREE = ZipDownloader("tree", f"{SERVER}/all.zip", unwrap=False)

    def config(self) -> Folder:
        return Folder(path=self.TREE.path)


@dataset(id="org.example.tar")
class Tar(Dataset):
    TREE = TarDownloader("tree", f"{SERVER}/all.tar.gz", unwrap=False)

    def config(self) -> Folder:
        return Folder(path=self.TREE.path)


@dataset(id="org.example.several")
class Several(Dataset):
    TEXT = FileDownloader("text.bin", f"{SERVER}/text.gz")
    PLAIN = FileDownloader("plain.gz", f"{SERVER}/text.gz")
    TREE = ZipDownloader("tree", f"{SERVER}/all.zip", unwrap=False)
    LARGE = TarDownloader("large", f"{SERVER}/all.tar.gz", unwrap=False, transient=True)
    KEPT = FilesCopy(LARGE, {"a.txt": "part-3/a.txt"})

    def config(self) -> Folder:
        return Folder(path=self.KEPT.path)
"""
"""A module, for processes that have the server's URL in the variable SERVER."""

TREE = {f"tree/{name}": content(name, size) for name, size in FILES.items()}

EXPECTED: Mapping[str, Mapping[str, bytes]] = {
    "Gz": {"text.bin": TEXT},
    "Zip": TREE,
    "Tar": TREE,
    "Several": {
        "text.bin": TEXT,
        "plain.gz": SERVED["/text.gz"],
        "KEPT/a.txt": content("part-3/a.txt", FILES["part-3/a.txt"]),
        **TREE,
    },
}
"""The files of each dataset, by their path in its folder."""


def folder(directory: Path, kind: str) -> Path:
    """Give the folder of a dataset in a data directory."""
    custom = directory / "data" / "__custom__"
    # The name ends with a digest of the path of the file that declares the datasets.
    module = next(custom.glob("kinds_*"), custom / "kinds")
    return module / "org" / "example" / kind.lower()


def wrong(directory: Path, kind: str) -> list[str]:
    """Give what is in place and isn't as it has to be; what isn't there at all is fine.

    The folder of an archive is there with all its files, or not at all.
    """
    place = folder(directory, kind)
    present = {name for name in EXPECTED[kind] if (place / name.partition("/")[0]).exists()}
    return [name for name in present if read(place / name) != EXPECTED[kind][name]]


def read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def contents(directory: Path) -> dict[str, str]:
    """Give a digest of every file below a directory; locks and notes of holders aside."""
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.suffix not in (".lock", ".holder", ".json")
    }
