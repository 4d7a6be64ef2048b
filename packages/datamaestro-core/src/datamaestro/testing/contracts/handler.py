"""What a handler promises: a resource is right and complete, or not there at all."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from datamaestro.data import Generic
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.definitions import dataset
from datamaestro.download import FileResource, Source, StoredResource
from datamaestro.errors import DownloadError, OfflineError, TransportError, VerificationError
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.workshop import Workshop
from datamaestro.testing.contracts.described import description_of
from datamaestro.testing.memory import MemoryContext
from datamaestro.testing.mock_preparation import MockFetcher

__all__ = ["HandlerContract"]

KILLED = 9


class HandlerContract:
    """Tests of a handler of downloads. ::

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
    :cvar downloads: what is downloaded for it, by name
    """

    handler: ClassVar[type[StoredResource]]
    downloads: ClassVar[Mapping[str, bytes]]

    def declare(self, sources: Mapping[str, Source], **options: Any) -> StoredResource:
        """Declare the resource.

        :param sources: the sources of `downloads`, by name, with their sizes and digests
        :param options: ``checker`` or ``transient``, as the handler's own
        """
        raise NotImplementedError

    def check(self, path: Path) -> None:
        """Check, by assertions, what the resource ended as."""
        raise NotImplementedError

    # --- what the tests share

    @pytest.fixture
    def memory(self, home: Path) -> MemoryContext:
        """Give a context that the downloads come from."""
        context = MemoryContext(home / "datamaestro")
        context.contents.update(self.downloads)
        return context

    @pytest.fixture
    def resource(self, memory: MemoryContext) -> StoredResource:
        """Give the resource, declared."""
        return self.declare(self._sources(memory))

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

    def test_it_tells_what_it_downloads(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        assert type(resource) is self.handler
        assert list(resource.sources) == list(self._sources(memory).values())

    def test_its_fingerprint_depends_on_what_it_is_made_from_and_on_nothing_else(
        self, memory: MemoryContext
    ) -> None:
        first = self.declare(self._sources(memory)).fingerprint
        assert self.declare(self._sources(memory)).fingerprint == first
        memory.contents.update(dict.fromkeys(self.downloads, b"another"))
        assert self.declare(self._sources(memory)).fingerprint != first

    # --- what it makes

    def test_it_is_made_from_what_it_downloads(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        self.check(prepared(resource, memory))
        assert memory.missing(_dataset(resource)) == []
        assert _leftovers(resource, memory) == []

    def test_what_is_there_is_not_downloaded_again(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        definition = _dataset(resource)
        memory.prepare(definition)
        memory.requests.clear()
        memory.prepare(definition)
        assert memory.requests == []

    def test_a_download_that_breaks_off_goes_on(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        self._interrupted(memory, TransportError("broken off", retry=True))
        self.check(prepared(resource, memory))
        assert any(request.start > 0 for request in memory.requests)

    def test_a_run_that_was_interrupted_is_completed_by_the_next(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        self._interrupted(memory, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            prepared(resource, memory)
        assert not _place(resource, memory).exists()
        self.check(prepared(resource, memory))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process")
    def test_a_run_that_was_killed_is_completed_by_the_next(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        memory.interruptions[list(self.downloads)[-1]] = [lambda: os._exit(KILLED)]
        assert _run_in_another_process(resource, memory) == KILLED
        assert not _place(resource, memory).exists()
        memory.interruptions.clear()
        self.check(prepared(resource, memory))

    # --- what it refuses

    def test_other_bytes_than_declared_are_refused(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        for name, content in self.downloads.items():
            memory.contents[name] = content[:-1] + bytes([content[-1] ^ 0xFF])
        with pytest.raises(VerificationError):
            prepared(resource, memory)
        assert not _place(resource, memory).exists()

    def test_a_download_that_was_cut_short_is_refused(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        for name, content in self.downloads.items():
            memory.contents[name] = content[: len(content) // 2]
        with pytest.raises(VerificationError):
            prepared(resource, memory)
        assert not _place(resource, memory).exists()

    def test_nothing_is_left_of_a_download_that_fails(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        memory.contents.clear()
        with pytest.raises(DownloadError):
            prepared(resource, memory)
        assert not _place(resource, memory).exists()

    def test_what_its_checker_refuses_is_not_there(self, memory: MemoryContext) -> None:
        resource = self.declare(self._sources(memory), checker=_Refuse())
        with pytest.raises(VerificationError, match="refused by the test"):
            prepared(resource, memory)
        assert not _place(resource, memory).exists()
        assert memory.missing(_dataset(resource)) == [resource.name]

    def test_it_is_not_fetched_offline(self, memory: MemoryContext, home: Path) -> None:
        resource = self.declare(self._sources(memory))
        with pytest.raises(OfflineError):
            prepared(resource, MemoryContext(home / "offline", offline=True))

    # --- its place among others

    def test_it_goes_once_what_depends_on_it_is_complete(self, memory: MemoryContext) -> None:
        resource = self.declare(self._sources(memory), transient=True)
        listing = _Listing(resource)
        definition = _dataset(resource, listing)
        memory.prepare(definition)
        assert (memory.folder(definition) / listing.filename).read_text(encoding="utf-8")
        assert not _place(resource, memory).exists()
        assert memory.missing(definition) == []

    def test_mock_data_are_packed_as_it_downloads_them(
        self, resource: StoredResource, memory: MemoryContext
    ) -> None:
        plugins = memory.plugins
        provided = [item for item in plugins.handlers if plugins.load(item) is self.handler]
        if not provided[0].spec.pack:
            pytest.skip("its mock data are put in place as they are")
        path = prepared(resource, memory)
        contents = plugins.load(provided[0], "pack")(resource, path)
        packed = dict(zip(resource.sources, contents, strict=True))
        folder = memory.path / "packed"
        folder.mkdir()
        workshop = Workshop(memory, folder, partial(MockFetcher, packed))
        _bound(_dataset(resource), memory, workshop)._download(folder / "made")
        self.check(folder / "made")


class _Refuse:
    """A checker that is never content."""

    def check(self, path: Path) -> None:
        raise VerificationError("refused by the test", where=path)


class _Listing(FileResource):
    """The names of the files of another resource."""

    def __init__(self, original: StoredResource) -> None:
        super().__init__("listing.txt", name="listing")
        self.original = original

    def _download(self, destination: Path) -> None:
        path = self.original.path
        names = [path.name, *(str(file.relative_to(path)) for file in path.rglob("*"))]
        destination.write_text("\n".join(names), encoding="utf-8")


def prepared(resource: StoredResource, context: MemoryContext) -> Path:
    """Prepare a dataset of one resource, and give the resource's place."""
    context.prepare(_dataset(resource))
    return _place(resource, context)


def _dataset(*resources: StoredResource) -> DatasetDefinition:
    """Declare a dataset of some resources, whose value needs none of them."""

    @dataset(id="org.example.contract")
    def contract() -> Generic:
        """A dataset for tests"""
        return Generic()

    for resource in resources:
        resource(contract)
    definition: DatasetDefinition = contract
    return definition


def _bound(
    definition: DatasetDefinition, context: MemoryContext, workshop: Workshop
) -> StoredResource:
    (resource,) = Graph.bind(definition, context, workshop.all_runs.parent, workshop).resources
    assert isinstance(resource, StoredResource)
    return resource


def _place(resource: StoredResource, context: MemoryContext) -> Path:
    return context.folder(_dataset(resource)) / resource.relative_path


def _leftovers(resource: StoredResource, context: MemoryContext) -> list[str]:
    """Give what lies in the dataset's folder and the cache besides resource, state and locks."""
    expected = (".state.json", ".used", resource.relative_path.parts[0])
    folders = (context.folder(_dataset(resource)), context.cachepath)
    names = (path.name for folder in folders if folder.is_dir() for path in folder.iterdir())
    return [name for name in names if name not in expected and not name.endswith(".lock")]


def _run_in_another_process(resource: StoredResource, context: MemoryContext) -> int:
    """Prepare in a process of its own, and give its exit code."""
    with warnings.catch_warnings():
        # Threads of libraries that other tests have imported don't matter to the child.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        with suppress(BaseException):
            prepared(resource, context)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
