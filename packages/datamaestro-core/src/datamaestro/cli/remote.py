"""Running a command on another host."""

from __future__ import annotations

import shlex
import subprocess

import click
from click.core import ParameterSource

from datamaestro.errors import DatamaestroError

__all__ = ["global_options", "remote_command", "run_remotely"]

_OF_HOST = ("host", "pythonpath")


def remote_command(context: click.Context, arguments: list[str]) -> click.Command:
    """Make a command that runs another on the host that was given, and exits with its code.

    :param context: that of the program
    :param arguments: the command, which only that host may have, and all that follows it
    """
    host, python = (context.params[name] for name in _OF_HOST)
    command = [python, "-m", "datamaestro", *global_options(context), *arguments]
    return click.Command(
        arguments[0], callback=lambda: context.exit(run_remotely(host, shlex.join(command)))
    )


def run_remotely(host: str, command: str) -> int:
    """Run a shell's command on `host` through ssh, and give its exit code.

    :raises DatamaestroError: if there is no ssh on this machine
    """
    try:
        # No host is an option, however it is written.
        return subprocess.run(["ssh", "--", host, command], check=False).returncode
    except FileNotFoundError as error:
        raise DatamaestroError("--host needs the program 'ssh', which isn't there") from error


def global_options(context: click.Context) -> list[str]:
    """Give the options that the program was given, except those that lead to the host."""
    options = []
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name not in _OF_HOST:
            value = context.params[parameter.name or ""]
            options += parameter.opts[:1] if value is True else [parameter.opts[0], str(value)]
    return options
