"""All commands as one: where they run, and which errors are theirs."""

from __future__ import annotations

from typing import Any

import click

from datamaestro.cli.group import LazyGroup
from datamaestro.errors import DatamaestroError

__all__ = ["CommandError", "Program"]


class CommandError(Exception):
    """A command's own error that click would take for one of the standard streams.

    :ivar error: that error
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Program(LazyGroup):
    """The commands, on this machine or on another host."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if ctx.params.get("host") is None or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from datamaestro.cli.remote import remote_command

        return args[0], remote_command(ctx, args), []

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command.

        click takes any end of a file for an interruption, and any broken pipe for a reader who has
        had enough; but definitions and what they read raise such errors, too.

        :raises CommandError: for such an error of the command
        """
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if (option := self._option(error.option_name)) is not None:
                value = "" if option.is_flag else " …"
                example = f"datamaestro {error.option_name}{value} {ctx.invoked_subcommand} …"
                message = f"{error.message.rstrip('.')}. It stands before the command: {example}"
                raise click.NoSuchOption(error.option_name, message, ctx=error.ctx) from error
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.params["traceback"] or ctx.params["debug"]:
                from traceback import format_exception

                from datamaestro.cli.messages import say

                say("".join(format_exception(error)).rstrip("\n"))
            of_kernel = ctx.invoked_subcommand in self.COMMANDS
            if _may_mislead(error) and not _is_of_output(error, of_kernel=of_kernel):
                raise CommandError(error) from error
            raise

    def _option(self, name: str) -> click.Option | None:
        """Give an option for every command, by its name."""
        options = (item for item in self.params if isinstance(item, click.Option))
        return next((item for item in options if name in item.opts), None)


def _may_mislead(error: Exception) -> bool:
    return isinstance(error, EOFError | OSError) and not isinstance(error, DatamaestroError)


def _is_of_output(error: Exception, *, of_kernel: bool) -> bool:
    """Tell whether an error arose as something was written to the standard output.

    Commands of the kernel write by click alone; those of plugins may print, too.
    """
    from traceback import walk_tb

    by_click = any(frame.f_code is click.echo.__code__ for frame, _ in walk_tb(error.__traceback__))
    return by_click or (isinstance(error, BrokenPipeError) and not of_kernel)
