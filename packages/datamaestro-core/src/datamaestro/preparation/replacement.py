"""Making a dataset anew beside what is there, and then putting it in its place."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.disk.files import move_into_place
from datamaestro.disk.flushing import flush_folder
from datamaestro.download.source import Source
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.outdated import New, outdated, tell_differences
from datamaestro.preparation.state import State
from datamaestro.preparation.workspace import WORK, Workspace
from datamaestro.state_files import Download
from datamaestro.transfer.transfer import Transfer

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.transfer.cache_entry import CacheEntry
    from datamaestro.transfer.cancelling import Cancellation

__all__ = ["fresh_workspace", "replace_all", "staged"]


class _FreshFetcher(CacheFetcher):
    """Fetches every source once in a run, whatever the cache had of it before."""

    def __init__(
        self, context: Context, inputs: Path, cancelled: Cancellation, fresh: set[Source]
    ) -> None:
        super().__init__(context, inputs, cancelled)
        self._fresh = fresh

    def _cached(self, source: Source, entry: CacheEntry) -> Download | None:
        return super()._cached(source, entry) if source in self._fresh else None

    def _accept(self, source: Source, transfer: Transfer, destination: Path | None) -> Download:
        download = super()._accept(source, transfer, destination)
        self._fresh.add(source)
        return download


def fresh_workspace(context: Context, folder: Path) -> Workspace:
    """Make the workspace of a run that fetches everything, whatever the cache has."""
    return Workspace(context, folder, partial(_FreshFetcher, fresh=set()))


def staged(graph: Graph) -> Graph:
    """Bind a dataset's resources once more, in an empty folder below the dataset's own.

    There each of them sees those that it is made from as they are made anew.
    """
    folder = graph.folder / WORK / f"{os.urandom(4).hex()}.new"
    workspace = fresh_workspace(graph.context, folder)
    workspace.rejected = graph.workspace.rejected  # the folder goes in any case
    return graph.bound_again(folder, workspace)


def replace_all(graph: Graph, new: Graph) -> None:
    """Put all that was made in `new` in the place of what `graph` has, and record it.

    Meanwhile nothing counts as complete except what is in its place already: old and new may be
    of two versions, and where this is interrupted, the rest is made once more.
    """
    made = State.load(new.folder)
    state = State.load(graph.folder, new.folder)
    state.dataset = made.dataset
    names = [item.name for item in new.stored]
    records = {name: record for name in names if (record := made.get(name)) is not None}
    made_anew = [
        New(item, records[item.name].downloads, records[item.name].sha256)
        for item in graph.stored
        if item.name in records
    ]
    tell_differences(state, [item for anew in made_anew for item in anew.downloads])
    others = outdated(graph, state, made_anew)  # where only parts were made anew
    state.give_up(
        {record.path for record in records.values()} | {str(item.relative_path) for item in others}
    )
    for name, record in records.items():
        place = graph.folder / record.path
        move_into_place(new.folder / record.path, place)
        flush_folder(place.parent)
        state.complete({name: record})
    state.take_dropped(made)
