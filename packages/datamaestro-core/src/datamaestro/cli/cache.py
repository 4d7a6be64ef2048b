"""``datamaestro cache``."""

from __future__ import annotations

import click

from datamaestro.cli.garbage import collect
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json, is_shown
from datamaestro.cli.parameters import as_json, yes
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_columns
from datamaestro.cli.units import size_text, time_text
from datamaestro.inventory.cache import cached_files
from datamaestro.inventory.garbage import cache_garbage

__all__ = ["command"]


@click.group
def command() -> None:
    """List and clear the cache of downloads."""


@command.command("list", short_help="List the downloads in the cache.")
@as_json
@pass_session
def list_entries(session: Session, as_json: bool) -> None:
    """List the downloads in the cache: whole, partial or rejected, and where they come from."""
    entries = list(cached_files(session.context.cachepath))
    if as_json:
        echo_json([entry.to_json() for entry in entries])
    elif is_shown():
        rows = [
            (entry.state, size_text(entry.size), time_text(entry.changed), entry.url or "?")
            for entry in entries
        ]
        echo_columns(("STATE", "SIZE", "WRITTEN", "FROM"), rows)
    else:
        for entry in entries:
            echo(f"{entry.size}\t{entry.state}\t{entry.url or entry.path}")
    if not entries and not as_json:
        note("The cache is empty.")


@command.command("clear", short_help="Remove all downloads in the cache.")
@yes
@as_json
@pass_session
def clear(session: Session, yes: bool, as_json: bool) -> None:
    """Remove all downloads that no process uses; without --yes, only show them.

    A kept download whose source is dead stays.
    """
    collect(cache_garbage(session.context), yes=yes, as_json=as_json)
