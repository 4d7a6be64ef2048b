"""Making anew what a verification found to be wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.errors import DatamaestroError
from datamaestro.inventory.prepared import Prepared, definition_of
from datamaestro.inventory.verification import Verdict, verify
from datamaestro.preparation.operations import remake, stored_paths
from datamaestro.preparation.state import State

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["repair"]


def repair(verdicts: Iterable[Verdict], context: Context) -> Iterator[Verdict]:
    """Make anew what is wrong, and verify it again; the rest stays as it is.

    What is wrong stays in place until its replacement is whole and verified.
    """
    by_folder: dict[Path, list[Verdict]] = {}
    for verdict in verdicts:
        by_folder.setdefault(verdict.dataset.folder, []).append(verdict)
    for group in by_folder.values():
        wrong = any(verdict.is_wrong for verdict in group)
        yield from _repaired(group, context) if wrong else group


def _repaired(group: list[Verdict], context: Context) -> Iterator[Verdict]:
    dataset = group[0].dataset
    wrong = {dataset.records[verdict.resource].path for verdict in group if verdict.is_wrong}
    problems = _make_anew(dataset, wrong, context)
    records = {
        name: record
        for name, record in State.load(dataset.folder).records.items()
        if record.path in wrong - problems.keys()
    }
    again = {now.path: now for now in verify([replace(dataset, records=records)], context)}
    for verdict in group:
        problem = problems.get(dataset.records[verdict.resource].path)
        if problem is not None:
            yield replace(verdict, reason=f"{verdict.reason}; not repaired: {problem}")
        elif verdict.is_wrong:
            now = again.get(verdict.path, verdict)
            yield replace(now, repaired=not now.is_wrong)
        else:
            yield verdict


def _make_anew(dataset: Prepared, paths: set[str], context: Context) -> dict[str, str]:
    """Make anew what is wrong in some places; give why that didn't succeed, by place."""
    definition = definition_of(dataset, context)
    if definition is None:
        return dict.fromkeys(paths, "its definition isn't installed")
    problems: dict[str, str] = {}
    try:
        declared = paths & stored_paths(definition, context)
        problems = dict.fromkeys(paths - declared, "its definition has no such resource any more")
        if declared:
            remake(definition, context, declared)
    except DatamaestroError as error:
        return dict.fromkeys(paths, str(error)) | problems
    return problems
