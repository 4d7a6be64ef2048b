"""Resources: the steps of a dataset's preparation.

A definition declares resources; the preparation *binds* copies of them to a
context, so that the same definition serves several contexts at once. Paths,
fetching and values exist on bound resources only.

An author of a handler derives from `FileResource` or `FolderResource` and writes
``_download(destination)``. The kernel calls it when all dependencies are
complete, then verifies, flushes, moves into place and records: in that order.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self, TypeVar

from datamaestro.checkers import Checker
from datamaestro.download.source import Source
from datamaestro.earlier import Constructor
from datamaestro.errors import DefinitionError
from datamaestro.location import definition_site
from datamaestro.sequences import rebuilt
from datamaestro.urls import recognizable

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.definitions import DatasetDefinition

__all__ = [
    "Binding",
    "Fetcher",
    "Resource",
    "ValueResource",
]

T = TypeVar("T")

DECLARED = "declared_with"


class Fetcher(Protocol):
    """What gives resources the bytes of their sources."""

    def fetch(self, source: Source) -> Path:
        """Give a verified copy, in the cache, of what `source` serves."""

    def fetch_to(self, source: Source, destination: Path) -> None:
        """Put what `source` serves, verified, at `destination`."""

    def open(self, source: Source) -> AbstractContextManager[BufferedReader[Any]]:
        """Give what `source` serves as a stream, which may still be arriving."""

    def create(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """Open a new file that is hashed while it is written."""

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        """Give the last `count` bytes of what `source` serves, if its size is known."""


@dataclass(frozen=True)
class Binding:
    """What ties a resource to one preparation.

    :param context: the context that it happens in
    :param dataset: the definition that the resource belongs to
    :param folder: the dataset's folder in the data directory
    :param make_fetcher: gives the fetcher, the same one each time
    """

    context: Context
    dataset: DatasetDefinition
    folder: Path
    make_fetcher: Callable[[], Fetcher]

    @property
    def fetcher(self) -> Fetcher:
        """What gives the bytes. Most preparations find all in place, and never ask for it."""
        return self.make_fetcher()


class Resource(ABC):
    """One step of a dataset's preparation; it ends as a file, a folder or a value.

    :param name: the resource's name; by default the attribute that holds it
    :param transient: whether it may go once all that depend on it are complete
    """

    apply = Constructor()
    _name: str | None = None
    _binding: Binding | None = None
    checker: Checker | None = None
    transient: bool = False
    declared_with: tuple[tuple[Any, ...], dict[str, Any]]
    """The arguments of the constructor, for those who declare the same again."""

    def __new__(cls, *positional: Any, **keywords: Any) -> Self:
        resource = super().__new__(cls)
        resource.declared_with = (positional, keywords)
        return resource

    def __init__(self, name: str | None = None, *, transient: bool = False) -> None:
        self._name = name
        self.transient = transient

    def __call__(self, target: T) -> T:
        """Declare the resource, as a decorator of a dataset.

        :raises DefinitionError: if `target` isn't a dataset, or has such a resource already
        """
        # Its own: what a subclass of a dataset inherits isn't declared by it.
        definition = getattr(target, "__dict__", {}).get("__dataset__", target)
        if not hasattr(definition, "add_resource"):
            raise DefinitionError(
                f"{self!r} doesn't decorate a dataset",
                where=definition_site(),
                expected="@dataset below it",
                found=repr(target),
            )
        if not isinstance(self._name, str):
            raise DefinitionError(
                f"a {type(self).__qualname__} that decorates a dataset needs a name",
                where=definition_site(),
                expected="name='…', which is an argument of the function",
            )
        definition.add_resource(self)
        return target

    def __set_name__(self, owner: type, name: str) -> None:
        if self._name is None:
            self._name = name

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self._name!r})"

    @property
    def name(self) -> str:
        """The resource's name, unique in its dataset."""
        if self._name is None:
            raise AttributeError(
                f"{self!r} has no name yet: give it one, or make it an attribute of the dataset"
            )
        return self._name

    # --- the graph

    @property
    def dependencies(self) -> tuple[Resource, ...]:
        """The resources that must be complete before this one.

        By default those that the resource holds in its attributes, by themselves or in
        lists, tuples, sets and dicts.
        """
        return tuple(item for _, value in self._attributes() for item in _held(value))

    @property
    def datasets(self) -> tuple[Any, ...]:
        """The other datasets that it needs: ids, or what ``@dataset`` decorates."""
        return ()

    @property
    def sources(self) -> tuple[Source, ...]:
        """What it downloads."""
        return ()

    @property
    def fingerprint(self) -> str:
        """A text that changes when the resource would come out different.

        The state file keeps it, and a resource with another one is made again. By default it
        names the class, what is downloaded, and the fingerprints of the dependencies.
        """
        downloads = [
            "+".join(f"{name}:{digest}" for name, digest in source.digests.items())
            or recognizable(source.url)
            for source in self.sources
        ]
        others = [f"({resource.fingerprint})" for resource in self.dependencies]
        return " ".join([type(self).__name__, *downloads, *others])

    def bind(self, binding: Binding, bound: Mapping[int, Resource]) -> Self:
        """Give a copy for one preparation.

        :param binding: what to tie it to
        :param bound: the copies of the resources before it, by the ``id()`` of the
            original; attributes that hold an original hold its copy afterwards
        """
        resource = copy.copy(self)
        resource._binding = binding
        for attribute, value in resource._attributes():
            setattr(resource, attribute, _rebound(value, bound))
        return resource

    def _attributes(self) -> list[tuple[str, Any]]:
        """Give what it holds, in slots too, without how it was declared."""
        state: Any = object.__getstate__(self)
        held = state if isinstance(state, tuple) else (state,)
        return [item for part in held if part for item in part.items() if item[0] != DECLARED]

    @property
    def binding(self) -> Binding:
        """What the resource is tied to.

        :raises AttributeError: if it is a declaration that no preparation has bound
        """
        if self._binding is None:
            raise AttributeError(
                f"{self!r} is only declared: its path and value exist while a dataset is prepared"
            )
        return self._binding

    @property
    def context(self) -> Context:
        """The context that the preparation happens in."""
        return self.binding.context

    @property
    def dataset(self) -> DatasetDefinition:
        """The definition that the resource belongs to."""
        return self.binding.dataset

    # --- what a preparation does with it

    def fetch(self, source: Source) -> Path:
        """Give a verified copy, in the cache, of what `source` serves.

        The kernel removes it once the resource is complete, unless downloads are kept.

        :raises DownloadError: if no URL of the source gives its bytes
        :raises VerificationError: if they give other bytes
        :raises OfflineError: if it isn't in the cache and may not be fetched
        """
        return self.binding.fetcher.fetch(source)

    def fetch_to(self, source: Source, destination: Path) -> None:
        """Put what `source` serves, verified, at `destination`; raises as :meth:`fetch`."""
        self.binding.fetcher.fetch_to(source, destination)

    def open(self, source: Source) -> AbstractContextManager[BufferedReader[Any]]:
        """Give what `source` serves as a stream, which may still be arriving.

        Reading to its end verifies the bytes, and leaving the block without an error
        reads to the end: so what was made from the stream is right once the block is
        left, and not before. Raises as :meth:`fetch`, from ``read`` too.
        """
        return self.binding.fetcher.open(source)

    def create(self, destination: Path) -> AbstractContextManager[BinaryIO]:
        """Open a new file that is hashed beside the writing.

        Any other way of writing does as well; the file is then read again to be hashed.
        """
        return self.binding.fetcher.create(destination)

    @abstractmethod
    def prepare(self) -> Any:
        """Give the value that the dataset is built with; called once it is complete."""


class ValueResource(Resource):
    """A resource that ends as a value in memory, with nothing on disk of its own."""

    def is_ready(self) -> bool:
        """Tell whether :meth:`prepare` can give the value as things are."""
        return True

    def make(self) -> None:
        """Do what :meth:`prepare` needs to have been done; called unless it is ready."""


def _held(value: Any) -> Iterator[Resource]:
    """Give the resources that an attribute of a resource holds."""
    if isinstance(value, Resource):
        yield value
    elif isinstance(value, set | frozenset):
        # A set's own order differs from process to process.
        found = [resource for item in value for resource in _held(item)]
        yield from sorted(found, key=lambda resource: resource.fingerprint)
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _held(item)


def _rebound(value: Any, bound: Mapping[int, Resource]) -> Any:
    """Give what an attribute holds, with the copies of the resources in it."""
    if isinstance(value, Resource):
        return bound[id(value)]
    if not any(_held(value)):
        return value
    if isinstance(value, dict):
        return {key: _rebound(item, bound) for key, item in value.items()}
    return rebuilt(value, (_rebound(item, bound) for item in value))
