"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from datamaestro.cli.output import echo, is_shown, width

__all__ = ["echo_columns", "echo_rows", "echo_table"]


def echo_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of several short texts, aligned, below a header; nothing without rows."""
    if rows:
        table = [header, *rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(header))]
        for row in table:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            echo("  ".join(cells).rstrip())


def echo_rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts: as columns on a terminal, and elsewhere with tabs and no header."""
    if is_shown():
        echo_columns(header, rows)
    else:
        for row in rows:
            echo("\t".join(row))


def echo_table(rows: Sequence[tuple[str, str]]) -> None:
    """Print rows of a name and a text, aligned, the text wrapped to the terminal."""
    if rows:
        columns = width()
        formatter = click.HelpFormatter(width=columns)
        # A longer name has a line of its own, or there would be no room for the texts.
        formatter.write_dl(rows, col_max=min(60, columns * 4 // 7))
        echo(formatter.getvalue().rstrip("\n"))
