"""Parameters that several commands take."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from datamaestro.cli.completion import completions
from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

__all__ = [
    "AGREEMENT",
    "DATASET",
    "PREPARED",
    "as_json",
    "dry_run",
    "echo_json",
    "force",
    "only",
    "refuse_both_or_none",
    "yes",
]


class _DatasetId(click.ParamType[str]):
    """A dataset id, or a file and a name, which the shell completes.

    :param ids: gives the ids that begin with a text
    """

    name = "dataset"

    def __init__(self, ids: Callable[[str, Session], Iterable[str]]) -> None:
        self.ids = ids

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  (click's signature)
        incomplete: str,
    ) -> list[CompletionItem]:
        file, separator, name = incomplete.rpartition(".py:")
        if separator:
            return _names_in_file(Path(f"{file}.py"), f"{file}.py:", name)
        if incomplete.startswith((".", "/", "~")):
            return [CompletionItem(incomplete, type="file")]
        session = _completing_session(ctx)
        with contextlib.suppress(DatamaestroError):
            found = self.ids(incomplete, session)
            return [CompletionItem(item) for item in found]
        return []


def _declared_ids(incomplete: str, session: Session) -> Iterable[str]:
    return completions(incomplete, session.context)


def _prepared_ids(incomplete: str, session: Session) -> Iterable[str]:
    from datamaestro.inventory.prepared import prepared_datasets

    ids = (dataset.id for dataset in prepared_datasets(session.context.datapath))
    return sorted(item for item in ids if item.startswith(incomplete))


def _names_in_file(path: Path, prefix: str, incomplete: str) -> list[CompletionItem]:
    from datamaestro.definition_files import definitions_in_file

    with contextlib.suppress(DatamaestroError):
        names = [item.target.__name__ for item in definitions_in_file(path)]
        return [CompletionItem(f"{prefix}{n}") for n in names if n.startswith(incomplete)]
    return []


class _AgreementId(click.ParamType[str]):
    """The id of an agreement; the shell completes it from those of all datasets."""

    name = "agreement"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  (click's signature)
        incomplete: str,
    ) -> list[CompletionItem]:
        with contextlib.suppress(DatamaestroError):
            definitions = _completing_session(ctx).context.datasets()
            ids = {item.id for definition in definitions for item in definition.agreements}
            return [CompletionItem(item) for item in sorted(ids) if item.startswith(incomplete)]
        return []


def _completing_session(ctx: click.Context) -> Session:
    """Give the session; while it completes, click reads the group's options but doesn't run it."""
    options = ctx.find_root().params
    return ctx.find_object(Session) or Session(data=options.get("data"), quiet=True)


DATASET = _DatasetId(_declared_ids)
"""A dataset that an installed repository declares, or a file."""

PREPARED = _DatasetId(_prepared_ids)
"""A dataset that is prepared, whether its repository is installed or not."""

AGREEMENT = _AgreementId()

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


def echo_json(value: Any) -> None:
    """Print a value as JSON on the standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def refuse_both_or_none(datasets: tuple[str, ...], **flags: bool) -> None:
    """Check that a command got datasets, or one of its flags in their place.

    :raises click.UsageError: if it got both, or neither
    """
    given = [bool(datasets), *flags.values()]
    if given.count(True) != 1:
        options = " or ".join(f"--{name}" for name in flags)
        raise click.UsageError(f"Give datasets or {options}.")
