"""``datamaestro create-plugin``."""

from __future__ import annotations

from pathlib import Path

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo
from datamaestro.cli.session import Session, pass_session
from datamaestro.create.plugin import KINDS, refuse_taken, write_plugin
from datamaestro.user_paths import absolute, typed

__all__ = ["command"]


@click.command
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What it provides.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder to make it in (default: the current one).",
)
@pass_session
def command(session: Session, name: str, kind: str, into: Path) -> None:
    """Write a new distribution, NAME, with a plugin and its tests.

    It builds, installs and passes its tests as it stands. A name that leads to what an
    installed plugin has already is refused.
    """
    refuse_taken(name, kind, session.context.plugins)
    folder = write_plugin(name, kind, absolute(into))
    echo(str(folder))
    path = typed([str(folder)])
    note(f"To install it: pip install --editable {path} pytest; to test it: pytest {path}")
