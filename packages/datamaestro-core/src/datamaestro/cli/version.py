"""``datamaestro version``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command
def command() -> None:
    """Print the version."""
    from datamaestro.version import VERSION

    click.echo(VERSION)
