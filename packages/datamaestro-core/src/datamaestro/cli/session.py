"""What the global options say, for every command."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from datamaestro.cli.output import reserve_output

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.progress import Progress

__all__ = ["Session", "pass_session"]


class Session:
    """The global options, and the context that follows from them.

    Parameters are options of the command line, except one.

    :param reserve_output: whether definitions and plugins leave the standard output alone
    """

    def __init__(
        self,
        *,
        data: str | None = None,
        offline: bool = False,
        keep_downloads: bool = False,
        quiet: bool = False,
        progress: str = "auto",
        debug: bool = False,
        reserve_output: bool = False,
    ) -> None:
        self.data = data
        self.offline = offline
        self.keep_downloads = keep_downloads
        self.quiet = quiet
        self.progress = progress
        self.debug = debug
        self._reserve_output = reserve_output

    @cached_property
    def context(self) -> Context:
        """Where data live, and which settings hold."""
        from datamaestro.context import Context

        if self._reserve_output:  # nothing of others has been imported before
            reserve_output()
        return Context(
            self.data,
            offline=True if self.offline else None,
            keep_downloads=self.keep_downloads,
            progress=self._progress(),
        )

    def _progress(self) -> Progress | None:
        """Give what shows progress; None leaves the choice to the context."""
        from datamaestro.progress import Bars, JSONLines, NoProgress

        if sys.stderr is None or self.progress == "none":
            return NoProgress()
        if self.progress == "json":
            return JSONLines(sys.stderr)
        if self.quiet:
            return NoProgress()
        return Bars() if self.progress == "bars" else None

    def configure_logging(self) -> None:
        """Show messages on the standard error stream, as many as was asked for."""
        import logging  # --help has none to show

        from datamaestro.cli.messages import show_messages

        level = logging.DEBUG if self.debug else logging.WARNING if self.quiet else logging.INFO
        show_messages(level, origins=self.debug)


pass_session = click.make_pass_decorator(Session)
