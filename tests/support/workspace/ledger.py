"""What a data directory has to hold: a model of it, which knows nothing of how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from datamaestro.errors import DataDirectoryError, DatamaestroError
from datamaestro.state_files import Record
from workspace.editions import Edition, Item, Tree

Obtain = Callable[[Item], int | type[DatamaestroError]]
"""Gives the release that an item is made from now, or what is raised."""


class Entry(NamedTuple):
    """What is recorded of a place.

    :param recipe: what it was made from
    :param size: how many bytes it had
    :param fetched: whether something was fetched for it, rather than found there
    :param known: what it consisted of, if that can be told; files are known from the beginning,
        folders and what was found there from the first verification on
    """

    recipe: tuple[object, ...]
    size: int
    fetched: bool
    known: Tree | None


@dataclass
class Ledger:
    """A dataset in a data directory.

    :ivar entries: what is recorded, by place
    :ivar places: what lies there, by place, whoever has put it there
    :ivar is_later: whether a later version of datamaestro has written the state file
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    places: dict[str, Tree] = field(default_factory=dict)
    is_later: bool = False

    @property
    def files(self) -> dict[str, bytes]:
        """All files of the dataset, by their paths in its folder."""
        return {
            f"{place}/{name}".rstrip("/"): content
            for place, tree in self.places.items()
            for name, content in tree.items()
        }

    # --- what is there

    def is_known(self, place: str) -> bool:
        """Tell whether what lies in a place is what is recorded of it, as far as can be told."""
        entry, tree = self.entries.get(place), self.places.get(place)
        return entry is not None and entry.known in (None, tree)

    def is_complete(self, item: Item) -> bool:
        """Tell whether an item needs nothing to be done: a file has to have its size too."""
        entry, tree = self.entries.get(item.place), self.places.get(item.place)
        if entry is None or tree is None or entry.recipe != item.recipe:
            return False
        return item.kind != "file" or size(tree) == entry.size

    def missing(self, edition: Edition, wanted: Iterable[Item]) -> list[Item]:
        """Give what has to be made; what is transient, only if the copy has to be."""
        missing = [item for item in wanted if not self.is_complete(item)]
        return [item for item in missing if not item.transient or edition[-1] in missing]

    # --- what happens to it

    def make(
        self, edition: Edition, items: Iterable[Item], obtain: Obtain, *, anew: bool = False
    ) -> list[type[DatamaestroError]]:
        """Make items in their order, as far as that goes; give the errors.

        :param anew: whether to make them also where the declared bytes are there already
        """
        errors: list[type[DatamaestroError]] = []
        items = list(items)
        if items and self.is_later:
            return [DataDirectoryError]
        for item in items:
            if item.kind == "copy" and errors:
                continue  # what it is copied from is missing
            made = self._found(item) if not anew else None
            if made is not None:
                self.entries[item.place] = Entry(item.recipe, size(made), False, None)
                continue
            tree = self._copied(item) if item.kind == "copy" else obtain(item)
            if isinstance(tree, int):
                tree = item.made_from(tree)
            if isinstance(tree, type):
                errors.append(tree)
                continue
            known = tree if item.kind == "file" else None
            self.places[item.place] = tree
            self.entries[item.place] = Entry(item.recipe, size(tree), item.kind != "copy", known)
        return errors

    def drop_unneeded(self, edition: Edition) -> None:
        """Let go what is transient, once the copy is there."""
        for item in edition:
            if item.transient and item.place in self.entries and self.is_complete(edition[-1]):
                self.entries.pop(item.place)
                self.places.pop(item.place, None)

    def take(self, new: Ledger) -> None:
        """Put what was made elsewhere in the place of what there is."""
        self.entries |= new.entries
        self.places |= new.places

    def note(
        self,
        edition: Edition,
        before: Mapping[str, Record],
        after: Mapping[str, Record],
        folder: Path,
    ) -> None:
        """Note what has become of the items of an edition, where that couldn't be told beforehand.

        What is recorded anew has to be what lies there.

        :param before: what was recorded, by place
        :param after: what is recorded now
        :param folder: the dataset's
        """
        for place in before.keys() - after.keys():
            del self.entries[place]
        for item in edition:
            tree = lying_at(folder / item.place)
            record = after.get(item.place)
            if record is not None and not record.fingerprint:
                self.entries[item.place] = self.entries[item.place]._replace(recipe=())
            elif record is not None and record != before.get(item.place):
                assert tree is not None, record
                assert record.size == size(tree), record
                assert record.sha256 in (None, sha256_of(tree)), record
                assert not declares(item) or tree == declared(item), record
                known = tree if record.sha256 else None
                self.entries[item.place] = Entry(
                    item.recipe, record.size, bool(record.downloads), known
                )
            self.places.pop(item.place, None)
            if tree is not None:
                self.places[item.place] = tree

    def verify(self, place: str, edition: Edition) -> str:
        """Tell what a verification finds, which from then on knows what is there."""
        entry, tree = self.entries[place], self.places.get(place)
        if tree is None:
            return "missing"
        if entry.known is not None:
            return "ok" if tree == entry.known else "changed"
        if size(tree) != entry.size:
            return "changed"
        status = "unverifiable"
        for item in edition:
            if (item.place, item.recipe) == (place, entry.recipe) and declares(item):
                status = "ok" if tree == declared(item) else "changed"
        if status != "changed":
            self.entries[place] = entry._replace(known=tree)
        return status

    def remove(self, place: str) -> None:
        """Remove what is recorded of a place, and what lies there."""
        del self.entries[place]
        self.places.pop(place, None)

    def drop_superseded(self, edition: Edition) -> None:
        """Let go what was fetched, and an edition doesn't have."""
        declared = {item.place for item in edition}
        for place, entry in [*self.entries.items()]:
            if place not in declared and entry.fetched and place in self.places:
                self.remove(place)

    def _found(self, item: Item) -> Tree | None:
        """Give what lies in place, if what is declared proves that it is the item."""
        tree = self.places.get(item.place)
        return tree if declares(item) and tree == declared(item) else None

    def _copied(self, item: Item) -> Tree | type[DatamaestroError]:
        content = self.places.get("ALL", {}).get(item.file)
        return DataDirectoryError if content is None else {"kept": content}


def declares(item: Item) -> bool:
    """Tell whether a definition declares the very bytes of an item."""
    return item.pinned is not None and not item.is_unpacked


def declared(item: Item) -> Tree:
    """Give the bytes that are declared."""
    assert item.pinned is not None
    return item.made_from(item.pinned)


def size(tree: Tree) -> int:
    """Give the bytes in all files."""
    return sum(map(len, tree.values()))


def sha256_of(tree: Tree) -> str | None:
    """Give the digest of a file; a folder has none."""
    return hashlib.sha256(tree[""]).hexdigest() if "" in tree else None


def lying_at(path: Path) -> Tree | None:
    """Give what lies at a path: a file, a folder, or nothing."""
    if path.is_file():
        return {"": path.read_bytes()}
    return on_disk(path) if path.is_dir() else None


def on_disk(folder: Path) -> dict[str, bytes]:
    """Give the files that are there for all to see, by their paths in a folder.

    Those of the variants of a dataset, which lie in its folder, aren't its own.
    """
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part[0] == "." or "=" in part for part in path.relative_to(folder).parts)
    }
