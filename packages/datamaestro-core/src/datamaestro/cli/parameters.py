"""Parameters that several commands take."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from datamaestro.cli.completion import completions
from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

__all__ = ["AGREEMENT", "DATASET", "as_json", "dry_run", "echo_json", "force", "only"]


class _DatasetId(click.ParamType[str]):
    """A dataset id, or a file and a name; the shell completes it."""

    name = "dataset"

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
            found = completions(incomplete, session.context)
            return [CompletionItem(item) for item in found]
        return []


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


DATASET = _DatasetId()
AGREEMENT = _AgreementId()

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
