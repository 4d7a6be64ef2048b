"""Parameters that several commands take."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import click
from click.shell_completion import CompletionItem

from datamaestro.cli.completion import completions
from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

__all__ = ["DATASET", "as_json", "dry_run", "echo_json", "force", "only"]


class _DatasetId(click.ParamType[str]):
    """A dataset id; the shell completes it from the catalog."""

    name = "dataset"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  (click's signature)
        incomplete: str,
    ) -> list[CompletionItem]:
        # While it completes, click reads the options of the group but doesn't run it.
        options = ctx.parent.params if ctx.parent is not None else {}
        session = ctx.find_object(Session) or Session(data=options.get("data"), quiet=True)
        with contextlib.suppress(DatamaestroError):
            found = completions(incomplete, session.context)
            return [CompletionItem(item) for item in found]
        return []


DATASET = _DatasetId()

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
