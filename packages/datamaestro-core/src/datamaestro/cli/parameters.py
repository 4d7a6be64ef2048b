"""Parameters that several commands take."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from os.path import samestat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = [
    "AGREEMENT",
    "DATAFOLDER",
    "DATASET",
    "ENCODER",
    "OUTPUT",
    "OUTPUT_FILE",
    "PREPARED",
    "REPOSITORY",
    "as_json",
    "dry_run",
    "force",
    "only",
    "refuse_both_or_none",
    "yes",
]


class _Completed(click.types.StringParamType):
    """A text that the shell completes.

    :param name: what it is
    :param function: what completes it, in :mod:`datamaestro.cli.completion`
    """

    def __init__(self, name: str, function: str) -> None:
        self.name = name
        self._function = function

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  (click's signature)
        incomplete: str,
    ) -> list[CompletionItem]:
        from datamaestro.cli import completion  # only a shell that completes needs it

        complete: Callable[[str, Session], list[CompletionItem]]
        complete = getattr(completion, self._function)
        # The shell offers all that is printed.
        with redirect_stdout(io.StringIO()), suppress(DatamaestroError):
            return complete(incomplete, _completing_session(ctx))
        return []


def _completing_session(ctx: click.Context) -> Session:
    """Give the session; while it completes, click reads the group's options but doesn't run it."""
    options = ctx.find_root().params
    return ctx.find_object(Session) or Session(data=options.get("data"), quiet=True)


DATASET = _Completed("dataset", "declared_datasets")
"""A dataset that an installed repository declares, or a file."""

PREPARED = _Completed("dataset", "prepared_datasets")
"""A dataset that is prepared, whether its repository is installed or not."""

AGREEMENT = _Completed("agreement", "agreements")
"""An agreement that some dataset asks for."""

DATAFOLDER = _Completed("data folder", "data_folders")
"""A data folder that has a name."""

ENCODER = _Completed("encoder", "encoders")
"""A way to write a value."""

REPOSITORY = _Completed("repository", "repositories")
"""A repository that an installed plugin provides."""


class _Output(click.Path):
    """A file to write, seen to be possible before any work is done for it.

    :param instead: what to do instead, as the end of a sentence
    """

    def __init__(self, instead: str) -> None:
        super().__init__(dir_okay=False)
        self._instead = instead

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            problem = self._problem(path)
        except OSError as error:
            problem = f"'{path}' can't be written: {error.strerror}."
        if problem is not None:
            self.fail(problem, param, ctx)
        return path

    def _problem(self, path: Path) -> str | None:
        """Tell why a file can't be written, if that can be seen; raises `OSError` if it can't."""
        if str(path) == "-":
            return f"'-' isn't a file{self._instead}"
        if not path.parent.is_dir():
            return f"There is no folder '{path.parent}'."
        if not path.exists():
            return None
        if not path.is_file():  # a device would be replaced by a file
            return f"'{path}' isn't a regular file{self._instead}"
        if any(samestat(path.stat(), status) for status in _standard_streams()):
            return f"'{path}' is where a standard stream goes, and would be replaced{self._instead}"
        return None


def _standard_streams() -> Iterator[os.stat_result]:
    """Give what the standard output and the error stream lead to, where they are open."""
    for descriptor in (1, 2):
        with suppress(OSError):
            yield os.fstat(descriptor)


OUTPUT = _Output("; without this option, the standard output is used.")
"""A file to write in the place of the standard output, in a folder that is there."""

OUTPUT_FILE = _Output(".")
"""A file to write, in a folder that is there."""

yes = click.option("--yes", is_flag=True, help="Do it; without this, nothing is removed.")

only = click.option(
    "--only",
    multiple=True,
    metavar="PART",
    help="Make this part of the value ready, and no other; may be repeated.",
)

dry_run = click.option(
    "--dry-run",
    is_flag=True,
    help="Print what would be fetched, from where and how much; change nothing.",
)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

force = click.option(
    "--force", is_flag=True, help="Fetch again, and replace what is there once that is whole."
)


def refuse_both_or_none(datasets: tuple[str, ...], **flags: bool) -> None:
    """Check that a command got datasets, or one of its flags in their place.

    :raises click.UsageError: if it got both, or neither
    """
    given = [bool(datasets), *flags.values()]
    if given.count(True) != 1:
        options = " or ".join(f"--{name}" for name in flags)
        raise click.UsageError(f"Give datasets or {options}.")
