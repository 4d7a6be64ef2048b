"""What a handler promises: a resource is right and complete, or not there at all."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from datamaestro.disk.files import size_on_disk
from datamaestro.download import Resource, Source, StoredResource
from datamaestro.errors import DownloadError, OfflineError, TransportError, VerificationError
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import Workspace
from datamaestro.testing.contracts.conduct import HandlerConduct
from datamaestro.testing.contracts.described import description_of
from datamaestro.testing.contracts.one_resource import (
    Interrupt,
    Listing,
    Refuse,
    bound,
    dataset_of,
    leftovers,
    place,
    prepare_in_another_process,
    prepared,
)
from datamaestro.testing.memory import MemoryContext
from datamaestro.testing.mock_preparation import MockFetcher

__all__ = ["HandlerContract"]

KILLED = 9


class HandlerContract(HandlerConduct):
    """Tests of a handler. ::

        class TestUncommented(HandlerContract):
            handler = Uncommented
            downloads = {"pairs.txt": b"# sizes\\nbirch=20\\n"}

            def declare(self, sources, **options):
                source = sources["pairs.txt"]
                return Uncommented(
                    "pairs.txt", source.url, size=source.size, sha256=source.sha256, **options
                )

            def check(self, path):
                assert path.read_bytes() == b"birch=20\\n"

    :cvar handler: the class of the resource
    :cvar downloads: what is downloaded for it, by name; nothing for one that is made of
        something else, which :meth:`supply` puts in place
    :cvar options: which of ``checker`` and ``transient`` it takes
    """

    handler: ClassVar[type[Resource]]
    downloads: ClassVar[Mapping[str, bytes]] = {}
    options: ClassVar[Collection[str]] = ("checker", "transient")

    def declare(self, sources: Mapping[str, Source], **options: Any) -> Resource:
        """Declare the resource.

        :param sources: the sources of `downloads`, by name, with their sizes and digests
        :param options: ``checker`` or ``transient``, as the handler's own
        """
        raise NotImplementedError

    def check(self, path: Path) -> None:
        """Check, by assertions, what the resource ended as."""
        raise NotImplementedError

    def supply(self, memory: MemoryContext) -> None:
        """Put in place what the resource is made of: by default, its downloads."""
        memory.contents.update(self.downloads)

    def change(self, memory: MemoryContext) -> None:
        """Put something else in the place of what the resource is made of."""
        memory.contents.update(dict.fromkeys(self.downloads, b"another"))

    # --- what the tests share

    @pytest.fixture
    def memory(self, home: Path) -> MemoryContext:
        """Give a context where all is there that the resource is made of."""
        context = MemoryContext(home / "datamaestro")
        self.supply(context)
        return context

    @pytest.fixture
    def served(self, memory: MemoryContext) -> MemoryContext:
        """Give a context that the downloads come from."""
        if not self.downloads:
            pytest.skip("it downloads nothing")
        return memory

    @pytest.fixture
    def resource(self, memory: MemoryContext) -> Resource:
        """Give the resource, declared."""
        return self._declared(memory)

    def _declared(self, memory: MemoryContext, **options: Any) -> Resource:
        if not set(self.options).issuperset(options):
            pytest.skip(f"it doesn't take {', '.join(options)}")
        return self.declare(self._sources(memory), **options)

    def _sources(self, memory: MemoryContext) -> dict[str, Source]:
        return {name: memory.source(name) for name in self.downloads}

    def _interrupted(self, memory: MemoryContext, error: BaseException) -> None:
        """Let the first transfer of the last download raise an error after half of it."""

        def interrupt() -> None:
            raise error

        memory.interruptions[list(self.downloads)[-1]] = [interrupt]

    # --- what it says

    def test_a_plugin_provides_it_and_tells_what_it_is(self, memory: MemoryContext) -> None:
        plugins = memory.plugins
        assert description_of(self.handler, plugins, plugins.handlers).summary
        assert inspect.getdoc(self.handler)

    def test_it_tells_what_it_downloads(self, resource: Resource, memory: MemoryContext) -> None:
        assert type(resource) is self.handler
        assert list(resource.sources) == list(self._sources(memory).values())

    def test_its_fingerprint_depends_on_what_it_is_made_from_and_on_nothing_else(
        self, memory: MemoryContext
    ) -> None:
        first = self._declared(memory).fingerprint
        assert self._declared(memory).fingerprint == first
        self.change(memory)
        assert self._declared(memory).fingerprint != first

    # --- what it makes

    def test_it_is_made_from_what_it_is_declared_with(
        self, resource: Resource, memory: MemoryContext
    ) -> None:
        path = prepared(resource, memory)
        self.check(path)
        assert memory.missing(dataset_of(resource)) == []
        assert leftovers(resource, path, memory) == []

    def test_the_bytes_that_it_takes_are_recorded(
        self, resource: Resource, memory: MemoryContext
    ) -> None:
        path = prepared(resource, memory)
        record = State.load(memory.folder(dataset_of(resource))).get(resource.name)
        if record is None:
            pytest.skip("it is its user's already")
        assert record.size == size_on_disk(path)

    def test_what_is_there_is_not_downloaded_again(
        self, resource: Resource, memory: MemoryContext
    ) -> None:
        prepared(resource, memory)
        memory.requests.clear()
        self.check(prepared(resource, memory))
        assert memory.requests == []

    def test_what_is_there_serves_offline(self, resource: Resource, memory: MemoryContext) -> None:
        prepared(resource, memory)
        self.check(prepared(resource, MemoryContext(memory.path, offline=True)))

    def test_a_download_that_breaks_off_goes_on(
        self, served: MemoryContext, resource: Resource, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
        self._interrupted(served, TransportError("broken off", retry=True))
        self.check(prepared(resource, served))
        assert any(request.start > 0 for request in served.requests)

    def test_a_run_that_was_interrupted_is_completed_by_the_next(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        self._interrupted(served, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            prepared(resource, served)
        assert not place(resource, served).exists()
        self.check(prepared(resource, served))

    @pytest.mark.skipif(sys.platform == "win32", reason="fork is of POSIX")
    def test_a_run_that_was_killed_is_completed_by_the_next(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        served.interruptions[list(self.downloads)[-1]] = [lambda: os._exit(KILLED)]
        assert prepare_in_another_process(resource, served) == KILLED
        assert not place(resource, served).exists()
        served.interruptions.clear()
        self.check(prepared(resource, served))

    def test_what_an_interrupted_run_has_made_is_not_added_to(self, memory: MemoryContext) -> None:
        with pytest.raises(KeyboardInterrupt):
            prepared(self._declared(memory, checker=Interrupt()), memory)
        self.check(prepared(self._declared(memory), memory))

    # --- what it refuses

    def test_other_bytes_than_declared_are_refused(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        for name, content in self.downloads.items():
            served.contents[name] = content[:-1] + bytes([content[-1] ^ 0xFF])
        with pytest.raises(VerificationError):
            prepared(resource, served)
        assert not place(resource, served).exists()

    def test_a_download_that_was_cut_short_is_refused(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        for name, content in self.downloads.items():
            served.contents[name] = content[: len(content) // 2]
        with pytest.raises(VerificationError):
            prepared(resource, served)
        assert not place(resource, served).exists()

    def test_nothing_is_left_of_a_download_that_fails(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        served.contents.clear()
        with pytest.raises(DownloadError):
            prepared(resource, served)
        assert not place(resource, served).exists()

    def test_what_its_checker_refuses_is_never_given(self, memory: MemoryContext) -> None:
        resource = self._declared(memory, checker=Refuse())
        for _ in range(2):
            with pytest.raises(VerificationError, match="refused by the test"):
                prepared(resource, memory)

    def test_what_its_checker_refuses_is_not_there(self, served: MemoryContext) -> None:
        resource = self._declared(served, checker=Refuse())
        with pytest.raises(VerificationError):
            prepared(resource, served)
        assert not place(resource, served).exists()
        assert served.missing(dataset_of(resource)) == [resource.name]

    @pytest.mark.usefixtures("served")
    def test_it_is_not_fetched_offline(self, resource: Resource, home: Path) -> None:
        with pytest.raises(OfflineError):
            prepared(resource, MemoryContext(home / "offline", offline=True))

    # --- its place among others

    def test_it_goes_once_what_depends_on_it_is_complete(self, memory: MemoryContext) -> None:
        resource = self._declared(memory, transient=True)
        assert isinstance(resource, StoredResource), "nothing else can be transient"
        listing = Listing(resource)
        definition = dataset_of(resource, listing)
        memory.prepare(definition)
        assert (memory.folder(definition) / listing.filename).read_text(encoding="utf-8")
        assert not place(resource, memory).exists()
        assert memory.missing(definition) == []

    def test_mock_data_are_packed_as_it_downloads_them(
        self, served: MemoryContext, resource: Resource
    ) -> None:
        plugins = served.plugins
        provided = [item for item in plugins.handlers if plugins.load(item) is self.handler]
        if not provided[0].spec.pack:
            pytest.skip("its mock data are put in place as they are")
        path = prepared(resource, served)
        contents = plugins.load(provided[0], "pack")(bound(resource, served), path)
        packed = dict(zip(resource.sources, contents, strict=True))
        folder = served.path / "packed"
        folder.mkdir()
        workspace = Workspace(served, folder, partial(MockFetcher, packed))
        again = bound(resource, served, workspace)
        assert isinstance(again, StoredResource)
        again._download(folder / "made")
        self.check(folder / "made")
