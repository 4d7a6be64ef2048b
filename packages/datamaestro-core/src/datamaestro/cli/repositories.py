"""``datamaestro repositories``."""

from __future__ import annotations

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """List the repositories that the installed plugins provide."""
    found = session.context.catalog.repositories()
    if as_json:
        echo_json([{"id": name, "description": description} for name, description in found])
        return
    for name, description in found:
        echo(f"{name}: {description}")
    if not found:
        note("No installed plugin provides a repository.")
