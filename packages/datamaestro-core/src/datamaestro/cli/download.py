"""``datamaestro download``."""

from __future__ import annotations

import click

from datamaestro.cli.parameters import DATASET, force
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@force
@pass_session
def command(session: Session, dataset: str, force: bool) -> None:
    """Download DATASET and make it ready, without printing its value."""
    session.context.prepare(dataset, download=True, force=force)
