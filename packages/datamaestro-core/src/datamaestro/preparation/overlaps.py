"""Datasets whose ids and names would put one in the files of another.

``org.example.pets`` with a folder ``cats``, and ``org.example.pets.cats``, share a place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import takewhile
from pathlib import Path, PurePosixPath

from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DataDirectoryError
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.state import State
from datamaestro.state_files import STATE
from datamaestro.user_paths import typed

__all__ = ["overlap", "refuse_overlaps"]


def refuse_overlaps(graph: Graph, resources: Iterable[Resource]) -> None:
    """Check that resources, which are about to be made, replace nothing of another dataset.

    :raises DataDirectoryError: if one would
    """
    around = cache(partial(_around, graph))  # most resources lie in one folder
    stored = [(item, item.path) for item in resources if isinstance(item, StoredResource)]
    for resource, place in stored:
        if not place.is_relative_to(graph.folder):
            continue
        others = [*_below(place), *(state for state in around(place.parent) if _has(state, place))]
        for name in filter(None, (state.dataset for state in others)):
            raise DataDirectoryError(
                f"{resource.name!r} of {graph.definition.id} would take the place of files "
                f"of {name}",
                where=place,
                expected="a place for each of the two: another id, or another name",
                hint=f"'datamaestro remove {typed([name])}' shows what is there, and removes it "
                "with --yes",
            )


def _below(place: Path) -> Iterator[State]:
    """Give the states of the datasets at a place and below."""
    return (State.load(Path(folder)) for folder, _, files in os.walk(place) if STATE in files)


def _around(graph: Graph, folder: Path) -> list[State]:
    """Give the states of other datasets in a folder, and in those that it lies in."""
    folders = takewhile(lambda each: each != graph.context.datapath, (folder, *folder.parents))
    states = [State.load(each) for each in folders if each != graph.folder]
    return [state for state in states if state.records]


def _has(state: State, place: Path) -> bool:
    """Tell whether a dataset has something at a place, in it, or around it."""
    inside = PurePosixPath(place.relative_to(state.path.parent).as_posix())
    recorded = [PurePosixPath(record.path) for record in state.records.values()]
    return overlap(inside, recorded)


def overlap(path: PurePosixPath, others: Iterable[PurePosixPath]) -> bool:
    """Tell whether a path is one of some others, or lies in one, or one lies in it."""
    return any(path.is_relative_to(other) or other.is_relative_to(path) for other in others)
