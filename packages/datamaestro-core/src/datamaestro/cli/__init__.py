"""The command line.

Commands are modules of this package, imported when they run. Data go to the
standard output, everything else to the standard error stream.
"""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from gc import freeze  # a command has the module's name
from typing import Any, NoReturn, TextIO

import click

from datamaestro.cli.group import LazyGroup
from datamaestro.cli.program import CommandError, Program
from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError
from datamaestro.terminal import harmless, is_dumb, is_terminal
from datamaestro.version import VERSION

__all__ = ["cli", "main"]

INTERRUPTED = 130
"""The exit code of a run that the user interrupted."""


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(),
    help="The data directory (default: $DATAMAESTRO_DIR, or ~/datamaestro).",
)
@click.option("--offline", is_flag=True, help="Open no connection (also DATAMAESTRO_OFFLINE=1).")
@click.option("--keep-downloads", is_flag=True, help="Keep downloads in the cache after use.")
@click.option("--quiet", is_flag=True, help="Show only warnings and errors, and no bars.")
@click.option(
    "--progress",
    type=click.Choice(["auto", "bars", "json", "none"]),
    default="auto",
    show_default=True,
    help="How progress is shown: bars on a terminal, lines of JSON for programs.",
)
@click.option("--debug", is_flag=True, help="Show what happens inside, and tracebacks.")
@click.option("--traceback", is_flag=True, help="Show the traceback of an error.")
@click.option("--host", metavar="NAME", help="Run the command on this host, through ssh.")
@click.option(
    "--pythonpath",
    metavar="PATH",
    default="python3",
    show_default=True,
    help="The Python to use on that host.",
)
@click.version_option(VERSION, message="%(version)s", help="Print the version.")
@click.pass_context
def cli(
    context: click.Context,
    /,
    traceback: bool,  # noqa: ARG001  (`Program` shows it)
    host: str | None,  # noqa: ARG001  (`Program` asks it)
    pythonpath: str,  # noqa: ARG001
    **options: Any,
) -> None:
    """Find, download and prepare datasets.

    A dataset has an id, such as com.lecun.mnist: 'search' finds it, 'info' tells what
    is known about it, 'prepare' makes its files ready and prints where they are.
    """
    of_kernel = context.invoked_subcommand in LazyGroup.COMMANDS
    context.obj = session = Session(**options, reserve_output=of_kernel)
    session.configure_logging()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line, and exit with its code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    code = run(arguments)
    if not _is_flushed(sys.stdout) and code == 0:
        code = _report("can't write to the standard output", 1)
    _is_flushed(sys.stderr)
    # A process that ends needn't look for garbage: that took a sixth of its time.
    freeze()
    sys.exit(code)


def _is_flushed(stream: TextIO | None) -> bool:
    """Write what a stream holds back; drop it if that fails, and say so.

    The interpreter would try it again, and exit with 120.
    """
    if stream is None:
        return True
    try:
        stream.flush()
    except OSError:
        with suppress(OSError), open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), stream.fileno())
        return False
    return True


def run(arguments: list[str]) -> int:
    """Run the command line, and give its exit code."""
    if sys.modules["datamaestro"].__file__ is None:
        # An upgrade from 1.x with pip installs this distribution first, and then removes
        # the old one's files: those that both have are gone, ``__init__.py`` the first.
        message = (
            "an upgrade from version 1 removed parts of this installation; "
            "run 'pip install --force-reinstall --no-deps datamaestro-core'"
        )
        return _report(message, 1)
    if os.environ.get("_DATAMAESTRO_COMPLETE"):
        importlib.import_module("datamaestro.cli.shells")  # in the place of what click has for them
    try:
        code = cli.main(arguments, prog_name="datamaestro", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except DatamaestroError as error:
        for note in getattr(error, "__notes__", ()):
            _say(f"{note}\n")
        return _report(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _say("Interrupted: run it again to go on from there.")
        return INTERRUPTED
    except CommandError as failed:
        return _report_unexpected(failed.error)
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:
            return _report(f"can't write to the standard output: {error.strerror or error}", 1)
        return _report_unexpected(error)
    return code if isinstance(code, int) else 0


def _report_unexpected(error: Exception) -> int:
    places = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    message = " ".join(f"{type(error).__name__}: {error}{places}".split())
    return _report(f"{message} (--traceback shows more)", 1)


def _report(message: str, exit_code: int) -> int:
    plain = os.environ.get("NO_COLOR") or is_dumb()
    colored = is_terminal(sys.stderr) and not plain
    prefix = click.style("Error:", fg="red", bold=True) if colored else "Error:"
    _say(message, f"{prefix} ")
    return exit_code


def _say(text: str, prefix: str = "") -> None:
    with suppress(OSError):  # the exit code tells, too
        click.echo(f"{prefix}{harmless(text)}", err=True)
