"""What a publisher has had at each path, and what the editions of a plugin make of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal, NamedTuple

Tree = Mapping[str, bytes]
"""The files of a folder by their paths in it; a single file has the path ``""``."""

PATHS = ("/one", "/two", "/text.gz", "/all.zip")

RELEASES = (0, 1, 2)
"""What the publisher has at a path in turn; the first two have the same size."""


def text(path: str, release: int) -> bytes:
    """Give lines that tell which release they are of."""
    return f"{path} as of release {release}\n".encode() * (90 if release < 2 else 120)


@cache
def served(path: str, release: int) -> bytes:
    """Give what the server has at a path."""
    if path.endswith(".gz"):
        return gzip.compress(text(path, release), mtime=0)
    if not path.endswith(".zip"):
        return text(path, release)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("a", "b"):
            archive.writestr(zipfile.ZipInfo(name), text(name, release))
    return buffer.getvalue()


def sha256(path: str, release: int) -> str:
    """Give the digest of what the server has at a path."""
    return hashlib.sha256(served(path, release)).hexdigest()


class Item(NamedTuple):
    """A resource of an edition.

    :param name: what it is called
    :param place: where it lies in the dataset's folder
    :param url: the path at the server that it is made from
    :param pinned: the release whose digest is declared, if one is
    :param kind: a file, an archive that is unpacked, or files copied from the item before
    :param transient: whether it goes when the copy is there
    :param file: which file is copied
    """

    name: str
    place: str
    url: str
    pinned: int | None = None
    kind: Literal["file", "archive", "copy"] = "file"
    transient: bool = False
    file: str = ""

    @property
    def recipe(self) -> tuple[object, ...]:
        """What it is made from; an item of another recipe is another thing."""
        bytes_of = self.url if self.pinned is None else sha256(self.url, self.pinned)
        return (self.kind, bytes_of, self.is_unpacked, self.file)

    @property
    def is_unpacked(self) -> bool:
        """Whether it is something else than what the server has."""
        return self.kind != "file" or (self.url.endswith(".gz") and not self.place.endswith(".gz"))

    def made_from(self, release: int) -> Tree:
        """Give what it consists of when it is made from a release."""
        if self.kind == "archive":
            return {name: text(name, release) for name in ("a", "b")}
        if self.kind == "copy":
            return {"kept": text(self.file, release)}
        return {"": (text if self.is_unpacked else served)(self.url, release)}

    def declaration(self, server: str) -> str:
        """Give what declares it, as an attribute of a dataset."""
        if self.kind == "copy":
            return f'{self.name} = FilesCopy(ALL, {{"kept": "{self.file}"}})'
        handler = "FileDownloader" if self.kind == "file" else "ZipDownloader"
        facts = ""
        if self.pinned is not None:
            facts = f', sha256="{sha256(self.url, self.pinned)}"'
            if not self.is_unpacked:  # or the end of a gzip file may prove what lies there
                facts += f", size={len(served(self.url, self.pinned))}"
        if self.transient:
            facts += ", transient=True"
        return f'{self.name} = {handler}("{self.place}", "{server}{self.url}"{facts})'


Edition = tuple[Item, ...]
"""The resources of a dataset, in one version of its plugin."""


def _files(name: str, url: str, place: str, packed: str) -> list[Edition]:
    items = [
        Item(name, place, url),
        Item(name, place, url, pinned=0),
        Item(name, place, url, pinned=1),
        Item(name, packed, url),
        Item("renamed", place, url),
        Item(name, place, "/two"),
    ]
    return [(item,) for item in items]


def _copies() -> list[Edition]:
    archives = [
        Item("ALL", "ALL", "/all.zip", kind="archive", transient=transient, pinned=pinned)
        for transient, pinned in [(True, None), (True, 0), (False, None)]
    ]
    return [
        (item, Item("KEPT", "KEPT", "/all.zip", item.pinned, "copy", file=file))
        for item in archives
        for file in ("a", "b")
    ]


EDITIONS: Mapping[str, list[Edition]] = {
    "plain": _files("DATA", "/one", "data.txt", "other.txt"),
    "packed": _files("TEXT", "/text.gz", "text.txt", "text.txt.gz"),
    "tree": [
        (Item(name, name, "/all.zip", pinned, "archive"),)
        for name, pinned in [("TREE", None), ("TREE", 1), ("FOREST", None)]
    ],
    "copy": _copies(),
    "pair": [
        (Item("TRAIN", "train.txt", "/one", pin), Item("TEST", test, "/two"))
        for pin in (None, 0)
        for test in ("test.txt", "test/data.txt")
    ],
}
"""What the plugin may declare for each of its datasets."""

REPOSITORY = """
from datamaestro import Repository

class Annals(Repository):
    NAMESPACE = "annals"
    DESCRIPTION = "What changes from edition to edition"
"""

_DATASET = '''

@dataset(id="org.example.{name}")
class {name}(Dataset):
    """What the publisher has"""

    {declarations}

    def config(self) -> {value}
'''


def module(editions: Mapping[str, Edition], server: str) -> str:
    """Give the text of a module that declares datasets; only a pair has parts."""
    parts = [
        "from datamaestro.data import Folder",
        "from datamaestro.data.ml import Supervised",
        "from datamaestro.definitions import Dataset, dataset",
        "from datamaestro.download import FilesCopy",
        "from datamaestro.download.archive import ZipDownloader",
        "from datamaestro.download.single import FileDownloader",
    ]
    for name, items in editions.items():
        values = [f"Folder(path=self.{item.name}.path)" for item in items]
        value = f"Folder:\n        return {values[-1]}"
        if name == "pair":
            train, test = values
            value = f"Supervised:\n        return Supervised(train={train}, test={test})"
        declarations = "\n    ".join(item.declaration(server) for item in items)
        parts.append(_DATASET.format(name=name, declarations=declarations, value=value))
    return "\n".join(parts)


def wanted(edition: Edition, parts: Iterable[str]) -> Edition:
    """Give the items that parts of the value need; all if no part is named."""
    names = {part.upper() for part in parts}
    return tuple(item for item in edition if not names or item.name in names)
