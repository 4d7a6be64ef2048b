"""What changes the data of a dataset: each under the lock of its folder."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from datamaestro.disk.files import discard
from datamaestro.disk.refusals import usable
from datamaestro.errors import DataDirectoryError
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.disturbance import Disturbed
from datamaestro.preparation.graph import Graph
from datamaestro.preparation.loop import Loop
from datamaestro.preparation.overlaps import refuse_overlaps
from datamaestro.preparation.places import LOCK
from datamaestro.preparation.replacement import fresh_workspace, replace_all, staged
from datamaestro.state_files import refuse_later_version

__all__ = ["drop", "make_again", "make_missing", "make_named_again", "tidy"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a preparation is begun if other processes disturb it."""


def make_missing(graph: Graph) -> Graph:
    """Make all that is missing, and give the graph that it was made with.

    Where locks fail, processes may get in each other's way; each gives up after `ATTEMPTS`.
    """
    for _ in range(ATTEMPTS):
        try:
            with _held(graph):
                Loop(graph).run()
        except Disturbed as disturbance:
            logger.debug("Another process is at work in %s", graph.folder, exc_info=True)
            error = disturbance.error
            graph = graph.bound_again(graph.folder, graph.workspace.another())
        else:
            return graph
    raise error


def tidy(graph: Graph) -> None:
    """Remove what an interrupted run left of a dataset that is complete, where this user may.

    Nothing depends on it: whoever may only read leaves it to the next one.
    """
    with suppress(DataDirectoryError, BlockingIOError), _held(graph, wait=False):
        Loop(graph).clean_up()


def make_again(graph: Graph) -> None:
    """Make everything anew, and put it in the place of what is there once all is whole."""
    with _held(graph):
        refuse_overlaps(graph, graph.resources)
        new = staged(graph)
        try:
            _run_once(new)
            with usable(graph.folder):
                replace_all(graph, new)
        finally:
            with suppress(OSError):
                discard(new.folder)
                new.folder.parent.rmdir()


def make_named_again(graph: Graph, names: Collection[str]) -> None:
    """Make some resources anew, whatever lies in their places, and no others."""
    # The cache may have the same wrong bytes: files have several names where they can.
    again = graph.bound_again(graph.folder, fresh_workspace(graph.context, graph.folder))
    with _held(graph):
        _run_once(again.narrowed(frozenset(names)), names)


def _run_once(graph: Graph, anew: Collection[str] = ()) -> None:
    """Make resources, and give up if another process is in the way.

    To begin again, as :func:`make_missing` does, would fetch all of it again.

    :raises DatamaestroError: if they can't be made
    """
    try:
        return Loop(graph, anew).run()
    except Disturbed as disturbance:
        error = disturbance.error
    raise error


def drop(graph: Graph) -> None:
    """Remove the transient resources that nothing needs.

    :raises BlockingIOError: if another process is busy with the dataset
    """
    with _held(graph, wait=False):
        Loop(graph).drop_unneeded()
        graph.workspace.tidy()


@contextmanager
def _held(graph: Graph, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a dataset's folder, where this program may change something.

    :raises BlockingIOError: if another process holds it, and it isn't waited for
    :raises DataDirectoryError: if a later version has written what is there
    """
    with locked(graph.folder / LOCK, graph.definition.id, wait=wait):
        refuse_later_version(graph.folder)
        yield
