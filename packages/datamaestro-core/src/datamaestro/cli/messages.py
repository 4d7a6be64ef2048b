"""What the program tells beside its results: messages on the standard error stream."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

import click

from datamaestro.terminal import harmless

__all__ = ["note", "say", "show_messages"]

_ALL = "datamaestro"
"""The logger above those of all modules."""


def show_messages(level: int, *, origins: bool) -> None:
    """Show messages on the standard error stream.

    :param level: the least important ones
    :param origins: whether each tells the module that it comes from
    """
    logger = logging.getLogger(_ALL)
    logger.setLevel(level)
    logger.propagate = False
    logger.handlers = [_Handler("%(name)s" if origins else logger.name)]


def note(text: str) -> None:
    """Say what a command has done or found, unless only warnings and errors are shown."""
    if logging.getLogger(_ALL).isEnabledFor(logging.INFO):
        say(text)


def say(text: str) -> None:
    """Say something that matters, whatever is shown, if the error stream can be written."""
    with suppress(OSError):  # no reason to stop the work
        click.echo(harmless(text), err=True)


class _Handler(logging.Handler):
    """Writes messages above the bars, if there are any."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter(f"%(levelname)s:{name}:%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if "tqdm" in sys.modules:
            with suppress(OSError):
                sys.modules["tqdm"].tqdm.write(harmless(text), file=sys.stderr)
        else:
            say(text)
