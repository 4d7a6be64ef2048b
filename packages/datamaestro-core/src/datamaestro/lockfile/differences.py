"""How two lock files differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datamaestro.lockfile.lock import Lock
from datamaestro.lockfile.locked import LockedDataset

__all__ = ["differences"]


def differences(before: Lock, after: Lock) -> Iterator[str]:
    """Say how a lock differs from an earlier one, a line for each difference."""
    mine = {dataset.reference: dataset for dataset in before.datasets}
    theirs = {dataset.reference: dataset for dataset in after.datasets}
    for reference in sorted(mine.keys() | theirs.keys()):
        if reference not in theirs:
            yield f"{reference} would go"
        elif reference not in mine:
            yield f"{reference} would be added"
        elif mine[reference] != theirs[reference]:
            yield from _differences(mine[reference], theirs[reference])


def _differences(mine: LockedDataset, theirs: LockedDataset) -> Iterator[str]:
    if (mine.plugin, mine.plugin_version) != (theirs.plugin, theirs.plugin_version):
        yield (
            f"{mine.reference} is from {mine.plugin} {mine.plugin_version}, "
            f"now {theirs.plugin} {theirs.plugin_version}"
        )
    if replace(mine, plugin=None, plugin_version=None, resources=()) != replace(
        theirs, plugin=None, plugin_version=None, resources=()
    ):
        yield f"{mine.reference} is declared otherwise"
    before = {resource.name: resource for resource in mine.resources}
    after = {resource.name: resource for resource in theirs.resources}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{mine.reference}: the resource {name!r} differs"
