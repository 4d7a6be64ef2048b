"""``datamaestro download``."""

from __future__ import annotations

import click

from datamaestro.cli.parameters import DATASET, as_json, dry_run, only
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@only
@dry_run
@as_json
@pass_session
def command(
    session: Session, dataset: str, only: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Download DATASET and make it ready, without printing its value.

    --json is for what --dry-run prints.
    """
    if dry_run:
        from datamaestro.cli.plans import echo_plan

        echo_plan(session.context.plan(dataset, only=only), as_json=as_json)
    else:
        session.context.prepare(dataset, only=only, download=True)
