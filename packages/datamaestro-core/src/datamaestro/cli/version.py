"""``datamaestro version``."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command
def command() -> None:
    """Print the version."""
    from datamaestro.plugins.installed import index_folder
    from datamaestro.plugins.manager import kernel_version

    click.echo(kernel_version(index_folder()))
