"""Running a command on another host."""

from __future__ import annotations

import shlex
import subprocess

from datamaestro.errors import DatamaestroError

__all__ = ["remote_arguments", "run_remotely"]


def run_remotely(host: str, python: str, arguments: list[str]) -> int:
    """Run the same command on `host` through ssh, and give its exit code.

    :raises DatamaestroError: if there is no ssh on this machine
    """
    command = shlex.join([python, "-m", "datamaestro", *remote_arguments(arguments)])
    try:
        # No host is an option, however it is written.
        return subprocess.run(["ssh", "--", host, command], check=False).returncode
    except FileNotFoundError as error:
        raise DatamaestroError("--host needs the program 'ssh', which isn't there") from error


def remote_arguments(arguments: list[str]) -> list[str]:
    """Give the arguments without ``--host`` and ``--pythonpath``.

    >>> remote_arguments(["--host", "node1", "--pythonpath=/usr/bin/python3", "prepare", "x.y"])
    ['prepare', 'x.y']
    """
    kept = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--host", "--pythonpath"):
            next(rest, None)
        elif not argument.startswith(("--host=", "--pythonpath=")):
            kept.append(argument)
    return kept
