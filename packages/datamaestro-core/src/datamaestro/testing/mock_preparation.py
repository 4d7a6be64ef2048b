"""The preparation of one dataset from synthetic files."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.data import Base, File, Folder
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.files import move_into_place, size_on_disk
from datamaestro.download import FolderResource, Resource, Source, StoredResource, ValueResource
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.places import dataset_folder
from datamaestro.preparation.state import State
from datamaestro.preparation.value import build_value
from datamaestro.preparation.workspace import Workspace
from datamaestro.state_files import Record
from datamaestro.testing.samples import Sampler, Sampling
from datamaestro.transfer.cache_entry import cache_key

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.transfer.cancelling import Cancellation

__all__ = ["MockFetcher", "MockPreparation"]

Pack = Callable[[StoredResource, Path], Sequence[bytes] | None]

MODEL = ".model"
"""The folder, in a dataset's, of the files that its value names, before they are packed."""


class MockFetcher(CacheFetcher):
    """Gives the bytes of sources from memory, whatever size and digests they declare.

    :param contents: the bytes by source
    """

    def __init__(
        self,
        contents: Mapping[Source, bytes],
        context: Context,
        inputs: Path,
        cancelled: Cancellation,
    ) -> None:
        super().__init__(context, inputs, cancelled)
        self.contents = contents

    def fetch(self, source: Source) -> Path:
        path = self.inputs / cache_key(source)
        self.fetch_to(source, path)
        return path

    def fetch_to(self, source: Source, destination: Path) -> None:
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(self.contents[source])

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader[Any]]:
        with BufferedReader(BytesIO(self.contents[source])) as stream:
            yield stream

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        return self.contents[source][-count:]


class _StandIn(ValueResource):
    """A path in the dataset's folder, in the place of one that users have elsewhere."""

    def __init__(self, original: Resource) -> None:
        super().__init__(original.name)
        self._binding = original.binding

    @property
    def path(self) -> Path:
        return self.binding.folder / self.name

    def prepare(self) -> Path:
        return self.path


class MockPreparation:
    """Makes up one dataset.

    :param definition: the dataset
    :param context: where its folder is
    :param samplers: the functions that write samples, by data type
    :param seed: see `Sampling`
    """

    def __init__(
        self,
        definition: DatasetDefinition,
        context: Context,
        samplers: Mapping[type[Base], Sampler],
        seed: int,
    ) -> None:
        self.definition = definition
        self.context = context
        # Variants have other data than one another, as real ones do.
        self.sampling = Sampling(samplers, seed=seed + zlib.crc32(definition.selector.encode()))
        self.folder = dataset_folder(definition, context)
        self.contents: dict[Source, bytes] = {}
        self.workspace = Workspace(context, self.folder, partial(MockFetcher, self.contents))

    def run(self) -> Any:
        """Make what is missing, and give the value; see :class:`MockContext`."""
        graph = self._bind(self.folder)
        state = State.load(self.folder)
        if not self.folder.exists() or graph.missing(state):
            model = self._bind(self.folder / MODEL)
            model.folder.mkdir(parents=True, exist_ok=True)
            for resource in model.resources:
                if isinstance(resource, ValueResource) and not resource.is_ready():
                    resource.make()
            self.sampling.write(build_value(model))
            wanted = [path.relative_to(model.folder) for path in model.folder.rglob("*")]
            self._write_unread(model)
            for resource, made in zip(graph.resources, model.resources, strict=True):
                if isinstance(resource, StoredResource) and isinstance(made, StoredResource):
                    self._make(resource, made, state)
            self._move_stand_ins(graph, model)
            self._check(wanted)
            shutil.rmtree(model.folder)
            self.workspace.remove_all()
        return build_value(graph)

    def _bind(self, folder: Path) -> Graph:
        """Bind the resources; what users have elsewhere gets a place in `folder`."""
        graph = Graph.bind(self.definition, self.context, folder, self.workspace)
        stand_ins = {id(item): _StandIn(item) for item in graph.resources if _is_elsewhere(item)}
        return replace(
            graph,
            resources=tuple(stand_ins.get(id(item), item) for item in graph.resources),
            named={name: stand_ins.get(id(item), item) for name, item in graph.named.items()},
        )

    def _write_unread(self, model: Graph) -> None:
        """Write something for the resources that the value doesn't read."""
        for resource in model.resources:
            if isinstance(resource, StoredResource):
                kind = Folder if isinstance(resource, FolderResource) else File
                self.sampling.write(kind(path=resource.path))

    def _make(self, resource: StoredResource, model: StoredResource, state: State) -> None:
        """Make a resource from its model: by its handler, from what it would download."""
        destination = self.workspace.folder / resource.relative_path
        destination.parent.mkdir(parents=True, exist_ok=True)
        contents = self._packed(model)
        if contents is None:
            model.path.rename(destination)
        else:
            self.contents.update(zip(resource.sources, contents, strict=True))
            resource._download(destination)
        size = size_on_disk(destination)
        move_into_place(destination, resource.path)
        record = Record(resource.fingerprint, str(resource.relative_path), size)
        state.complete({resource.name: record})

    def _packed(self, model: StoredResource) -> Sequence[bytes] | None:
        packs: dict[type, Pack] = {
            self.context.plugins.load(item): self.context.plugins.load(item, "pack")
            for item in self.context.plugins.handlers
            if item.spec.pack
        }
        pack = next((packs[cls] for cls in type(model).__mro__ if cls in packs), None)
        return pack(model, model.path) if pack is not None and model.sources else None

    def _move_stand_ins(self, graph: Graph, model: Graph) -> None:
        for resource, made in zip(graph.resources, model.resources, strict=True):
            if isinstance(resource, _StandIn) and isinstance(made, _StandIn) and made.path.exists():
                move_into_place(made.path, resource.path)

    def _check(self, wanted: list[Path]) -> None:
        """Check that what the value reads is there, now that its resources are.

        :raises DefinitionError: if it isn't
        """
        for path in wanted:
            if not (self.folder / path).exists():
                raise self.definition.error(
                    f"its value reads {path.as_posix()!r}, which none of its resources makes",
                    expected=", ".join(self.definition.resources) or "a resource",
                    hint="correct the path, or what the resource selects",
                )


def _is_elsewhere(resource: Resource) -> bool:
    """Tell whether a resource is a path that no preparation makes, but its user has."""
    return isinstance(resource, ValueResource) and hasattr(type(resource), "path")
