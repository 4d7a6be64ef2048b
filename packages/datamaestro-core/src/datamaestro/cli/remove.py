"""``datamaestro remove``."""

from __future__ import annotations

from collections.abc import Iterable

import click

from datamaestro.cli.garbage import raise_first
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import PREPARED, as_json, yes
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.units import size_text
from datamaestro.context import Context
from datamaestro.dataset_folders import dataset_folders
from datamaestro.errors import DataDirectoryError, DatasetNotFoundError, IrreplaceableError
from datamaestro.inventory.named import find_all_prepared
from datamaestro.inventory.prepared import Prepared, qualified
from datamaestro.inventory.removal import Removal, is_unfinished, plan_removal, remove_dataset

__all__ = ["command"]


@click.command
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...", type=PREPARED)
@yes
@click.option("--even-irreplaceable", is_flag=True, help="Remove also what can't be fetched again.")
@as_json
@pass_session
def command(
    session: Session, datasets: tuple[str, ...], yes: bool, even_irreplaceable: bool, as_json: bool
) -> None:
    """Remove each prepared DATASET; without --yes, only show what would go.

    What can't be fetched again is refused: what was made from no declared source, and
    what comes from a source that was dead when 'datamaestro check' last looked. Links
    go, what they lead to stays.
    """
    context = session.context
    found = _found(datasets, context)
    plans = [plan_removal(dataset, context) for dataset in found]
    if yes and not even_irreplaceable:
        _refuse_losses(plans)
    errors: list[DataDirectoryError] = []
    if yes:
        plans, errors = _removed(plans)
    if as_json:
        echo_json({"removed": yes, "datasets": [plan.to_json() for plan in plans]})
    else:
        for plan in plans:
            echo("\n".join(_lines(plan)))
    if not yes:
        lost = any(plan.irreplaceable for plan in plans) and not even_irreplaceable
        note(f"Nothing was removed: --yes{' --even-irreplaceable' if lost else ''} does it.")
    raise_first(errors)


def _found(references: Iterable[str], context: Context) -> list[Prepared]:
    try:
        return find_all_prepared(references, context)
    except DatasetNotFoundError as error:
        if any(is_unfinished(folder.path) for folder in dataset_folders(context.datapath)):
            error.hint = "a removal was interrupted: 'datamaestro gc --yes' removes the rest"
        raise


def _refuse_losses(plans: list[Removal]) -> None:
    losses = [
        f"{name} of {plan.dataset.id} ({reason})"
        for plan in plans
        for name, reason in plan.irreplaceable.items()
    ]
    if losses:
        raise IrreplaceableError(
            "nothing was removed, since some of it can't be fetched again",
            found="; ".join(losses),
            hint="--even-irreplaceable removes it for good",
        )


def _removed(plans: list[Removal]) -> tuple[list[Removal], list[DataDirectoryError]]:
    """Remove datasets; give what went, and why the others didn't."""
    gone, errors = [], []
    for plan in plans:
        try:
            remove_dataset(plan.dataset)
            gone.append(plan)
        except DataDirectoryError as error:
            errors.append(error)
    return gone, errors


def _lines(plan: Removal) -> list[str]:
    usage = plan.usage
    files = f"{usage.files} file{'' if usage.files == 1 else 's'}"
    lines = [f"{qualified(plan.dataset)}: {size_text(usage.size)} in {files}"]
    lines += [
        f"  can't be fetched again: {name} ({reason})"
        for name, reason in plan.irreplaceable.items()
    ]
    return lines + [f"  stays: {path}" for path in plan.unrecorded]
