"""``datamaestro version``."""

import click

__all__ = ["command"]


@click.command
def command() -> None:
    """Print the version."""
    import datamaestro

    click.echo(datamaestro.__version__)
