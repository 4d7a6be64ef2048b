"""``datamaestro version``."""

from __future__ import annotations

import click

from datamaestro.cli.output import echo

__all__ = ["command"]


@click.command
def command() -> None:
    """Print the version."""
    from datamaestro.version import VERSION

    echo(VERSION)
