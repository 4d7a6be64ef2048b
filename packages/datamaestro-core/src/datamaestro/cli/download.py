"""``datamaestro download``."""

from __future__ import annotations

from pathlib import Path

import click

from datamaestro.cli.by_lock import by_lock, chosen
from datamaestro.cli.parameters import DATASET, as_json, dry_run, force, only
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET, required=False)
@force
@only
@dry_run
@as_json
@by_lock
@pass_session
def command(
    session: Session,
    dataset: str | None,
    force: bool,
    only: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    locked: bool,
    frozen: bool,
    lock_file: Path | None,
) -> None:
    """Make the files of DATASET ready: download, verify and unpack them. Print nothing.

    With a lock file, DATASET may be left out: all that was locked is made ready. --json
    is for what --dry-run prints.
    """
    lock = chosen(locked, frozen, lock_file, force=force, only=only, dry_run=dry_run)
    if lock is not None:
        for dataset_id in lock.ids() if dataset is None else [dataset]:
            lock.prepare(dataset_id, session.context)
        return
    if dataset is None:
        raise click.UsageError("Missing argument 'DATASET'.")
    if dry_run:
        from datamaestro.cli.plans import echo_plan

        echo_plan(session.context, dataset, only, force=force, as_json=as_json)
    else:
        session.context.prepare(dataset, only=only, download=True, force=force)
