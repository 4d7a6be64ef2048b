"""``datamaestro repositories``."""

from __future__ import annotations

import click

from datamaestro.cli.parameters import as_json, echo_json
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """List the repositories that the installed plugins provide."""
    found = list(session.context.repositories())
    if as_json:
        echo_json([{"id": item.id, "description": item.description} for item in found])
        return
    for repository in found:
        click.echo(f"{repository.id}: {repository.description}")
