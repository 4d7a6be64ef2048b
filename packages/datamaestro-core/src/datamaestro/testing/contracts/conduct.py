"""How a handler goes about its work: what it must not touch, or leave behind."""

from __future__ import annotations

import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from datamaestro.disk.files import remove
from datamaestro.download import Resource, StoredResource
from datamaestro.lockfile.derived import DerivedResource
from datamaestro.lockfile.locked import LockedDownload, LockedResource
from datamaestro.preparation.workspace import WORK, Workspace
from datamaestro.testing.contracts.one_resource import bound, dataset_of, place, prepared
from datamaestro.testing.contracts.open_files import left_open, open_files
from datamaestro.testing.memory import MemoryContext

__all__ = ["HandlerConduct"]

AT_ONCE = 4
"""How many preparations there are at the same time."""


class HandlerConduct:
    """The part of `HandlerContract` that is about conduct."""

    def check(self, path: Path) -> None:
        raise NotImplementedError

    def supply(self, memory: MemoryContext) -> None:
        raise NotImplementedError

    def test_it_makes_only_what_it_is_asked_for(
        self, served: MemoryContext, resource: Resource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folders = {
            name: served.path / "conduct" / name for name in ("made", "working", "temporary")
        }
        for folder in folders.values():
            folder.mkdir(parents=True)
        again = bound(resource, served, Workspace(served, folders["made"]))
        assert isinstance(again, StoredResource)
        monkeypatch.chdir(folders["working"])
        monkeypatch.setattr(tempfile, "tempdir", str(folders["temporary"]))
        again._download(folders["made"] / "it")
        self.check(folders["made"] / "it")
        assert Path.cwd() == folders["working"].resolve()
        found = [path.name for folder in folders.values() for path in folder.iterdir()]
        assert [name for name in found if name != WORK] == ["it"]

    def test_what_it_downloads_stays_as_it_came(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        served.keep_downloads = True
        prepared(resource, served)
        remove(served.folder(dataset_of(resource)))
        served.requests.clear()
        self.check(prepared(resource, served))
        assert served.requests == []

    @pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
    def test_others_may_read_what_it_makes(self, resource: Resource, memory: MemoryContext) -> None:
        path = prepared(resource, memory)
        if not path.is_relative_to(memory.folder(dataset_of(resource))):
            pytest.skip("it is its user's already")
        folder = memory.path / "of-this-user"
        folder.mkdir()
        allowed = stat.S_IMODE(folder.stat().st_mode)
        found = [path, *path.rglob("*")]
        wanted = {True: allowed & 0o555, False: allowed & 0o444}
        private = [
            item.name
            for item in found
            if not item.is_symlink() and ~item.stat().st_mode & wanted[item.is_dir()]
        ]
        assert private == []

    def test_it_leaves_nothing_open(self, resource: Resource, memory: MemoryContext) -> None:
        before = open_files()
        prepared(resource, memory)
        assert left_open(before) == []

    def test_one_declaration_serves_several_contexts_at_once(
        self, resource: Resource, memory: MemoryContext
    ) -> None:
        contexts = []
        for number in range(AT_ONCE):
            folder = memory.path / f"another{number}"
            folder.mkdir(parents=True)
            contexts.append(MemoryContext(folder / "datamaestro"))
            self.supply(contexts[-1])
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for path in threads.map(partial(prepared, resource), contexts):
                self.check(path)

    def test_it_is_derived_as_it_says(self, resource: Resource, memory: MemoryContext) -> None:
        again = bound(resource, memory)
        if not isinstance(again, StoredResource) or again.derivation is None:
            pytest.skip("it doesn't say that others can make it")
        locked = LockedResource(
            again.name,
            again.fingerprint,
            str(again.relative_path),
            derivation=again.derivation,
            downloads=tuple(
                LockedDownload(item.urls, item.size or 0, item.sha256 or "")
                for item in again.sources
            ),
        )
        derived = DerivedResource(locked, "with the handler")
        prepared(derived, memory)
        self.check(place(derived, memory))
