"""Which resources a part of a dataset's value needs.

The value is built once from resources that lie nowhere, and then the part is looked
through for their paths. A definition that opens a file while it builds its value, and
a part that holds something that can't be looked through, need all resources: what
isn't certain to be unneeded is fetched.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NoReturn

from datamaestro.data import Base
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DefinitionError
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.parts import part_of
from datamaestro.preparation.value import build_value
from datamaestro.preparation.workspace import Workspace

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["needed_by"]

logger = logging.getLogger(__name__)

_SIMPLE = (PurePath, str, bytes, int, float, complex, bool, enum.Enum, type, type(None))
_PATH_CLASS: Any = type(Path())  # the platform's: Path itself had no subclasses before 3.12


def needed_by(
    parts: Iterable[str], definition: DatasetDefinition, context: Context
) -> frozenset[str]:
    """Give the names of the resources that parts of a dataset's value hold.

    What these depend on isn't among them.

    :raises NotFoundError: if there is no such part
    """
    everything = frozenset(definition.resources)
    folder = _Nowhere(context.datapath / ".nowhere")
    graph = Graph.bind(definition, context, folder, Workspace(context, folder, _Unfetched))
    try:
        value = build_value(graph)
        resources = {
            name: _leaves(item.prepare())
            for name, item in graph.named.items()
            if not isinstance(item, StoredResource)
        }
    except DefinitionError:
        raise
    except (_Opened, Exception) as error:
        logger.info("%s opens files while it is built: all are needed", definition.id)
        logger.debug("It can't be built without them: %r", error)
        return everything
    held_by = [part_of(value, part.split(".")) for part in parts]
    leaves = [leaf for part in held_by for leaf in _leaves(part)]
    if not all(isinstance(leaf, _SIMPLE) for leaf in leaves):
        logger.info("A part of %s can't be looked through: all files are needed", definition.id)
        return everything
    held = set(_paths(leaves))
    above_held = {folder for path in held for folder in path.parents}
    stored = {
        name: _paths([item.path])
        for name, item in graph.named.items()
        if isinstance(item, StoredResource)
    }
    others = {name: _paths(found) for name, found in resources.items()}
    return frozenset(
        name
        for name, paths in {**stored, **others}.items()
        if not paths or any(_overlaps(path, held, above_held) for path in paths)
    )


def _leaves(value: Any, seen: frozenset[int] = frozenset()) -> list[Any]:
    """Give all that a value holds in the end; what can't be looked through is there as it is."""
    if isinstance(value, _SIMPLE):
        return [value]
    if id(value) in seen:
        return []
    items = _items(value)
    if items is None:
        return [value]
    return [leaf for item in items for leaf in _leaves(item, seen | {id(value)})]


def _items(value: Any) -> list[Any] | None:
    if isinstance(value, Base):
        return list(value._parameters().values())
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    state = getattr(value, "__dict__", None)
    return None if callable(value) or not state else list(state.values())


def _paths(leaves: Iterable[Any]) -> list[PurePath]:
    """Give the leaves that are paths, or texts that may be, as paths that can be looked at."""
    return [
        PurePath(str(leaf))
        for leaf in leaves
        if isinstance(leaf, PurePath) or (isinstance(leaf, str) and PurePath(leaf).is_absolute())
    ]


def _overlaps(path: PurePath, others: set[PurePath], above: set[PurePath]) -> bool:
    """Tell whether a path is one of some others, or lies in one, or one lies in it.

    :param above: the folders above the others
    """
    return path in above or not others.isdisjoint((path, *path.parents))


class _Opened(BaseException):
    """A definition wants the content of a resource; no ``except Exception`` of its own hides it."""


class _Nowhere(_PATH_CLASS):  # type: ignore[misc]
    """A path that can be carried about, and not be looked at."""

    def __fspath__(self) -> NoReturn:
        raise _Opened(str(self))

    def _refuse(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise _Opened(str(self))

    # These may work on the path's text, or take an error for "nothing there".
    glob = rglob = iterdir = walk = open = exists = is_file = is_dir = stat = lstat = _refuse


class _Unfetched(CacheFetcher):
    """Gives no bytes."""

    def fetch(self, source: Source) -> NoReturn:
        raise _Opened(source.url)

    def fetch_to(self, source: Source, destination: Path) -> NoReturn:
        raise _Opened(f"{source.url} for {destination}")

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader[Any]]:
        raise _Opened(source.url)
        yield

    def fetch_tail(self, source: Source, count: int) -> NoReturn:
        raise _Opened(f"{count} bytes of {source.url}")
