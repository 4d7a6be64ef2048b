"""Copies in the place of symbolic links, where none can be made.

exFAT and FAT have no links, and Windows lets only some users make them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

__all__ = ["copy_order", "links_inside"]


def links_inside(targets: Mapping[str, str]) -> dict[str, list[str]]:
    """Give for each link the links that lie in the folder that it leads to.

    :param targets: where each link leads; ``""`` is the folder of all
    """
    names = sorted(targets)
    inside = {}
    for name, place in targets.items():
        # "0" is what comes after "/".
        first = bisect_left(names, f"{place}/") if place else 0
        last = bisect_left(names, f"{place}0") if place else len(names)
        inside[name] = names[first:last]
    return inside


def copy_order(inside: Mapping[str, list[str]]) -> list[str]:
    """Give the links in an order in which copies can take their places.

    A folder is copied once all links in it have their copies. Those that lead to a folder
    around themselves, by themselves or in a circle, have no copy that ends, and aren't given.

    :param inside: see :func:`links_inside`
    """
    sorter = TopologicalSorter(inside)
    with suppress(CycleError):  # what isn't part of a circle is still given
        sorter.prepare()
    order: list[str] = []
    while ready := sorted(sorter.get_ready()):
        order += ready
        sorter.done(*ready)
    return order
