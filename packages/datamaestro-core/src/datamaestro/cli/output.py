"""The standard output: what a command prints, and nothing else.

Definitions and plugins may print too, when they are imported or at work. While a command of
the kernel runs, that goes to the standard error stream.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TextIO

import click

from datamaestro.terminal import is_terminal

__all__ = ["echo", "is_shown", "reserve_output"]

_KEY = f"{__name__}.stream"


def reserve_output() -> None:
    """Keep the standard output for :func:`echo`, until the program's context is closed."""
    context = click.get_current_context().find_root()
    context.meta[_KEY] = sys.stdout
    context.with_resource(redirect_stdout(sys.stderr))


def echo(text: str, *, nl: bool = True) -> None:
    """Print a text on the standard output.

    :param nl: whether a newline follows
    """
    with redirect_stdout(_stream()):
        click.echo(text, nl=nl)


def is_shown() -> bool:
    """Tell whether the standard output is a terminal."""
    return is_terminal(_stream())


def _stream() -> TextIO | None:
    stream: TextIO | None = click.get_current_context().meta.get(_KEY, sys.stdout)
    return stream
