"""What a publisher has had at each path, and what the editions of a plugin make of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
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


def release_of(path: str, content: bytes) -> int:
    """Tell which release of what the server has at a path a content is."""
    (release,) = (release for release in RELEASES if served(path, release) == content)
    return release


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
        """Give the expression that declares it."""
        if self.kind == "copy":
            return f'FilesCopy(ALL, {{"kept": "{self.file}"}})'
        handler = "FileDownloader" if self.kind == "file" else "ZipDownloader"
        facts = ""
        if self.pinned is not None:
            facts = f', sha256="{sha256(self.url, self.pinned)}"'
            if self.size is not None:
                facts += f", size={self.size}"
        if self.transient:
            facts += ", transient=True"
        return f'{handler}("{self.place}", "{server}{self.url}"{facts})'

    @property
    def size(self) -> int | None:
        """The size that is declared of what the server has, if it is.

        Of what is unpacked it isn't, or the end of a gzip file may prove what lies there.
        """
        if self.pinned is None or self.is_unpacked:
            return None
        return len(served(self.url, self.pinned))


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


def _voices() -> dict[str, list[Edition | None]]:
    """Give the editions of a dataset that has variants in most of them, and of each variant."""
    whole = (Item("DATA", "data.txt", "/one"),)
    return {
        "voices": [None, None, whole, None],
        **{
            f"voices[of={of}]": [
                (Item("DATA", "data.txt", f"/{of}"),),
                (Item("DATA", "data.txt", f"/{of}", pinned=0),),
                None,
                (Item("DATA", "other.txt", f"/{of}", pinned=1),),
            ]
            for of in ("one", "two")
        },
    }


EDITIONS: Mapping[str, Sequence[Edition | None]] = {
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
    **_voices(),
}
"""What the plugin may declare for each of its datasets, of which each variant is one.

A dataset and its variants have as many editions each, of which some have nothing of it: the first
goes with the first, and so on.
"""


def family(name: str) -> list[str]:
    """Give a dataset and its variants, or a variant with its dataset and the others."""
    return [other for other in EDITIONS if other.partition("[")[0] == name.partition("[")[0]]


FAMILIES = [name for name in EDITIONS if "[" not in name]

REPOSITORY = """
from datamaestro import Repository

class Annals(Repository):
    NAMESPACE = "annals"
    DESCRIPTION = "What changes from edition to edition"
"""

_DATASET = '''

@dataset(id="org.example.{name}"{variants})
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
        "from datamaestro.download import FilesCopy, byvariant",
        "from datamaestro.download.archive import ZipDownloader",
        "from datamaestro.download.single import FileDownloader",
        "from datamaestro.variants import AxesVariants, Axis",
    ]
    for name in FAMILIES:
        declared = {other: editions[other] for other in family(name) if other in editions}
        if declared:
            parts.append(_definition(name, declared, server))
    return "\n".join(parts)


def _definition(name: str, declared: Mapping[str, Edition], server: str) -> str:
    (items, *others) = declared.values()
    values = [f"Folder(path=self.{item.name}.path)" for item in items]
    value = f"Folder:\n        return {values[-1]}"
    if name == "pair":
        train, test = values
        value = f"Supervised:\n        return Supervised(train={train}, test={test})"
    made = {item.name: item.declaration(server) for item in items}
    for two in others:
        made = {
            item.name: f'byvariant(lambda of: {made[item.name]} if of == "one"\n'
            f"        else {item.declaration(server)})"
            for item in two
        }
    declarations = "\n    ".join(f"{attribute} = {text}" for attribute, text in made.items())
    variants = ', variants=AxesVariants(of=Axis(["one", "two"]))' if others else ""
    return _DATASET.format(name=name, variants=variants, declarations=declarations, value=value)


def wanted(edition: Edition, parts: Iterable[str]) -> Edition:
    """Give the items that parts of the value need; all if no part is named."""
    names = {part.upper() for part in parts}
    return tuple(item for item in edition if not names or item.name in names)
