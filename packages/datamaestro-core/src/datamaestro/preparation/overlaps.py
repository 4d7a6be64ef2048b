"""Datasets of which one would lie in the files of another, as ids and names may have it.

``org.example.pets`` with a folder ``cats``, and ``org.example.pets.cats``, have one place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePosixPath

from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DataDirectoryError
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.state import State
from datamaestro.state_files import STATE

__all__ = ["refuse_overlaps"]


def refuse_overlaps(graph: Graph, resources: Iterable[Resource]) -> None:
    """Check that resources, which are about to be made, replace nothing of another dataset.

    :raises DataDirectoryError: if one would
    """
    load = cache(State.load)
    for resource in resources:
        if isinstance(resource, StoredResource) and resource.path.is_relative_to(graph.folder):
            for folder in _in_the_way(resource.path, graph, load):
                other = load(folder).dataset
                if other is not None:
                    raise DataDirectoryError(
                        f"{resource.name!r} of {graph.definition.id} would take the place of files "
                        f"of {other}",
                        where=resource.path,
                        expected="a place for each of the two: another id, or another name",
                        hint=f"'datamaestro remove {other}' removes what is there",
                    )


def _in_the_way(place: Path, graph: Graph, load: Callable[[Path], State]) -> Iterator[Path]:
    """Give the folders of other datasets below a place, and of those above it that have it.

    :param load: gives the state of the dataset in a folder
    """
    yield from (Path(folder) for folder, _, files in os.walk(place) if STATE in files)
    for above in takewhile(lambda folder: folder != graph.context.datapath, place.parents):
        if above == graph.folder:
            continue
        inside = PurePosixPath(place.relative_to(above).as_posix())
        recorded = [PurePosixPath(record.path) for record in load(above).records.values()]
        if any(inside.is_relative_to(item) or item.is_relative_to(inside) for item in recorded):
            yield above
