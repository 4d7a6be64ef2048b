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
from datamaestro.state_files import Record, read_state
from datamaestro.testing import FileServer, write_distribution
from datamaestro.testing.loopback import LoopbackContext
from workspace.editions import (
    EDITIONS,
    PATHS,
    RELEASES,
    REPOSITORY,
    Edition,
    Item,
    module,
    served,
)
from workspace.ledger import Ledger, Obtain, on_disk

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
    :ivar released: what the publisher has at each path, if anything
    :ivar editions: what the plugin declares
    :ivar ledgers: what has to be there, by directory and dataset
    :ivar theirs: the files of the user's own in the folder of a dataset
    :ivar set_aside: the datasets of which something wrong may still be set aside
    """

    def __init__(self, folder: Path, module: Path, server: FileServer) -> None:
        self.folder = folder
        self.module = module
        self.server = server
        self.released: dict[str, int | None] = dict.fromkeys(PATHS, 0)
        self.editions: dict[str, Edition] = {name: items[0] for name, items in EDITIONS.items()}
        self.ledgers = {(where, name): Ledger() for where in DIRECTORIES for name in EDITIONS}
        self.theirs: dict[tuple[str, str], dict[str, bytes]] = {key: {} for key in self.ledgers}
        self.set_aside: set[tuple[str, str]] = set()
        server.faults.clear()
        self.publish()
        self.install()

    def publish(self) -> None:
        """Serve what is released."""
        self.server.files = {
            path: served(path, release)
            for path, release in self.released.items()
            if release is not None
        }

    def install(self) -> None:
        """Install the editions."""
        for name in [name for name in sys.modules if name.startswith("annals.")]:
            del sys.modules[name]
        self.module.write_text(module(self.editions, self.server.url()), encoding="utf-8")

    def context(self, where: str, **options: Any) -> LoopbackContext:
        """Give the context of a new process."""
        site = [self.folder / "site"] if where == "own" else []
        return LoopbackContext(self.folder / where, site=site, **options)

    def dataset_folder(self, where: str, name: str) -> Path:
        """Give the folder of a dataset."""
        return self.folder / where / "data" / "annals" / "org" / "example" / name

    def records(self, where: str, name: str) -> dict[str, Record]:
        """Give what the state file tells, by place; it has to be readable."""
        path = self.dataset_folder(where, name) / ".state.json"
        records = read_state(path).records if path.exists() else {}
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
            release = self.released[item.url]
            if context.offline:
                return OfflineError
            if release is None:
                return DownloadError
            return release if item.pinned in (None, release) else VerificationError

        return obtain

    def cached(self, context: LoopbackContext, item: Item) -> int | None:
        """Tell which release of the download of an item is in the cache, if one is."""
        name = hashlib.sha256(self.server.url(item.url).encode()).hexdigest()
        path = context.cachepath / f"{name}.dl"
        if not path.exists():
            return None
        (release,) = (each for each in RELEASES if served(item.url, each) == path.read_bytes())
        return release

    def expect(self, errors: list[type[DatamaestroError]], operation: Callable[[], object]) -> None:
        """Check that an operation ends well, or with the worst of some errors."""
        if errors:
            worst = [kind for kind in WORST_FIRST if kind in errors] or errors
            with pytest.raises(worst[0]):
                operation()
        else:
            operation()

    @contextmanager
    def nothing_lost_in_silence(self, where: str, name: str) -> Iterator[None]:
        """Check that what the user has changed is only replaced with a message about it."""
        ledger = self.ledgers[where, name]
        changed = {
            place: tree
            for place, tree in ledger.places.items()
            if place not in ledger.entries or (ledger.entries[place].known or tree) != tree
        }
        said = _Said(logging.WARNING)
        logging.getLogger("datamaestro").addHandler(said)
        try:
            yield
        finally:
            logging.getLogger("datamaestro").removeHandler(said)
        for place, tree in changed.items():
            path = self.dataset_folder(where, name) / place
            if self.ledgers[where, name].places.get(place) != tree:
                assert any(str(path) in line for line in said.lines), f"{path} in {said.lines}"


class _Said(logging.Handler):
    """Keeps what the program says."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
