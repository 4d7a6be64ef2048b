"""A publisher, a plugin in its editions, and two data directories with a model of each."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from datamaestro.errors import (
    DatamaestroError,
    DownloadError,
    OfflineError,
    VerificationError,
)
from datamaestro.state_files import Record, recorded
from datamaestro.testing import FileServer, write_distribution
from datamaestro.testing.loopback import LoopbackContext
from workspace.editions import (
    EDITIONS,
    FAMILIES,
    PATHS,
    REPOSITORY,
    Edition,
    Item,
    family,
    module,
    release_of,
    served,
)
from workspace.ledger import Ledger, Obtain, on_disk
from workspace.nursery import Nursery
from workspace.troubles import PATIENCE, Changes

__all__ = ["DIRECTORIES", "World", "install_repository"]

DIRECTORIES = ("own", "site")

WORST_FIRST = (VerificationError, DownloadError, OfflineError)
"""Of several errors, the first of these is told."""


def install_repository(site_packages: Path) -> Path:
    """Install a repository, and give the module that declares its datasets."""
    write_distribution(
        site_packages,
        "repository-annals",
        files={
            "annals/__init__.py": REPOSITORY,
            "annals/config/__init__.py": "",
            "annals/config/org/__init__.py": "",
        },
        entry_points={"datamaestro.repositories": {"annals": "annals:Annals"}},
    )
    return site_packages / "annals" / "config" / "org" / "example.py"


class World:
    """What there is, and what there has to be.

    :param folder: for the data directories
    :param module: the file that declares the datasets
    :param server: the publisher's
    :param nursery: what starts processes that are killed, where there is such a thing
    :ivar editions: what the plugin declares
    :ivar ledgers: what has to be there, by directory and dataset
    :ivar theirs: the files of the user's own in the folder of a dataset
    :ivar set_aside: the datasets of which something wrong may still be set aside
    """

    def __init__(
        self, folder: Path, module: Path, server: FileServer, nursery: Nursery | None
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.module = module
        self.server = server
        self.nursery = nursery
        self.editions: dict[str, Edition] = {}
        self.ledgers = {(where, name): Ledger() for where in DIRECTORIES for name in EDITIONS}
        self.theirs: dict[tuple[str, str], dict[str, bytes]] = {key: {} for key in self.ledgers}
        self.set_aside: set[tuple[str, str]] = set()
        server.faults.clear()
        for path in PATHS:
            self.publish(path, 0)
        for name in FAMILIES:
            self.install(name, 0)

    def publish(self, path: str, release: int | None) -> None:
        """Serve a release at a path, or nothing."""
        if release is None:
            self.server.files.pop(path, None)
        else:
            self.server.files[path] = served(path, release)

    def released(self, path: str) -> int | None:
        """Tell which release the server has at a path, if one is there."""
        content = self.server.files.get(path)
        return None if content is None else release_of(path, content)

    def install(self, name: str, number: int | None) -> None:
        """Install an edition of a dataset and its variants, or none."""
        for other in family(name):
            edition = None if number is None else EDITIONS[other][number]
            self.editions.pop(other, None)
            if edition is not None:
                self.editions[other] = edition
        for name in [name for name in sys.modules if name.startswith("annals.")]:
            del sys.modules[name]
        self.module.write_text(module(self.editions, self.server.url()), encoding="utf-8")

    def context(self, where: str, **options: Any) -> LoopbackContext:
        """Give the context of a new process."""
        site = [self.folder / "site"] if where == "own" else []
        return LoopbackContext(self.folder / where, site=site, **options)

    def dataset_folder(self, where: str, name: str) -> Path:
        """Give the folder of a dataset."""
        family, _, variant = name.rstrip("]").partition("[")
        return self.folder / where / "data" / "annals" / "org" / "example" / family / variant

    def records(self, where: str, name: str) -> dict[str, Record]:
        """Give what the state file tells, by place."""
        records = recorded(self.dataset_folder(where, name))
        return {record.path: record for record in records.values()}

    def files(self, where: str, name: str) -> dict[str, bytes]:
        """Give what lies in the folder of a dataset."""
        folder = self.dataset_folder(where, name)
        theirs = {path: (folder / path) for path in self.theirs[where, name]}
        return {
            **on_disk(folder),
            **{name: path.read_bytes() for name, path in theirs.items() if path.exists()},
        }

    # --- what has to happen

    def is_at_site(self, where: str, name: str, items: Edition) -> bool:
        """Tell whether a dataset is used from the site, since all of it is there."""
        ledger, edition = self.ledgers["site", name], self.editions[name]
        recorded = [item for item in edition if item.place in ledger.entries]
        return (
            where == "own"
            and bool(recorded)
            and not ledger.missing(edition, items)
            and all(item.place in ledger.places for item in recorded)
        )

    def obtain(self, context: LoopbackContext, *, fresh: bool = False) -> Obtain:
        """Give what tells which release an item is made from, or what goes wrong.

        :param fresh: whether the cache doesn't count
        """

        def obtain(item: Item) -> int | type[DatamaestroError]:
            cached = None if fresh else self.cached(context, item)
            if cached is not None and item.pinned in (None, cached):
                return cached
            release = self.released(item.url)
            if context.offline:
                return OfflineError
            if release is None or self.is_down(item.url):
                return DownloadError
            if item.size not in (None, len(served(item.url, release))):
                return VerificationError  # before any of it comes
            release = self.will_release(item.url)
            return release if item.pinned in (None, release) else VerificationError

        return obtain

    def will_release(self, path: str) -> int:
        """Tell what the server has at a path when some of that has been fetched."""
        release = self.released(path)
        assert release is not None, "something can be fetched"
        changes = (fault for fault in self.server.faults.get(path, []))
        return next((fault.release for fault in changes if isinstance(fault, Changes)), release)

    def is_down(self, path: str) -> bool:
        """Tell whether the server gives nothing of a path, however often it is asked."""
        return len(self.server.faults.get(path, [])) > PATIENCE

    def cached(self, context: LoopbackContext, item: Item) -> int | None:
        """Tell which release of the download of an item is in the cache, if one is."""
        name = hashlib.sha256(self.server.url(item.url).encode()).hexdigest()
        path = context.cachepath / f"{name}.dl"
        return release_of(item.url, path.read_bytes()) if path.exists() else None

    def expect(self, errors: list[type[DatamaestroError]], operation: Callable[[], object]) -> None:
        """Check that an operation ends well, or with the worst of some errors."""
        if errors:
            worst = [kind for kind in WORST_FIRST if kind in errors] or errors
            with pytest.raises(worst[0]):
                operation()
        else:
            operation()

    @contextmanager
    def nothing_lost_in_silence(self, where: str, name: str) -> Iterator[Path]:
        """Check that what the user has changed is only replaced with a message about it.

        Gives a file that another process may write its messages to.
        """
        ledger, log = self.ledgers[where, name], self.folder / "log.txt"
        changed = {
            place: tree for place, tree in ledger.places.items() if not ledger.is_known(place)
        }
        said = logging.FileHandler(log, mode="w", encoding="utf-8")
        logging.getLogger("datamaestro").addHandler(said)
        try:
            yield log
        finally:
            logging.getLogger("datamaestro").removeHandler(said)
            said.close()
        text = log.read_text(encoding="utf-8")
        for place, tree in changed.items():
            path = self.dataset_folder(where, name) / place
            if self.ledgers[where, name].places.get(place) != tree:
                assert str(path) in text, f"{path} in {text}"
