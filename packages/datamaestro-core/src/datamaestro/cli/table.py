"""Tables on the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import click

__all__ = ["echo_table"]


def echo_table(rows: Sequence[tuple[str, str]]) -> None:
    """Print rows of a name and a text, aligned, the text wrapped to the terminal."""
    if rows:
        formatter = click.HelpFormatter(width=shutil.get_terminal_size().columns)
        formatter.write_dl(rows, col_max=60)
        click.echo(formatter.getvalue().rstrip("\n"))
