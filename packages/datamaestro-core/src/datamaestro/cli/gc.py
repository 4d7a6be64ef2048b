"""``datamaestro gc``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain

import click

from datamaestro.cli.garbage import collect
from datamaestro.cli.parameters import as_json, yes
from datamaestro.cli.session import Session, pass_session
from datamaestro.inventory.garbage import find_garbage, orphaned_data, superseded_data

__all__ = ["command"]


@click.command
@click.option(
    "--older-than",
    type=click.IntRange(min=0, max=100_000),
    default=7,
    show_default=True,
    metavar="DAYS",
    help="Leave unfinished things that were written more recently.",
)
@click.option("--orphans", is_flag=True, help="Remove also what no installed dataset has.")
@yes
@as_json
@pass_session
def command(session: Session, older_than: int, orphans: bool, yes: bool, as_json: bool) -> None:
    """Remove what is no longer needed; without --yes, only show it.

    These are kept, rejected and partial downloads in the cache, what interrupted runs
    left in datasets' folders, and transient resources that nothing needs. Prepared
    data stay, and so does what a running process uses.
    """
    context = session.context
    before = datetime.now(UTC) - timedelta(days=older_than)
    found = find_garbage(context, before)
    if orphans:
        found = chain(found, superseded_data(context), orphaned_data(context))
    collect(found, yes=yes, as_json=as_json)
