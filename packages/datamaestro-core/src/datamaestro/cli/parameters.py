"""Parameters that several commands take."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

__all__ = ["DATASET", "PREPARED", "as_json", "echo_json", "force", "refuse_both_or_none", "yes"]


class _DatasetId(click.ParamType[str]):
    """A dataset id, which the shell completes.

    :param ids: gives the ids that there are
    """

    name = "dataset"

    def __init__(self, ids: Callable[[Session], Iterable[str]]) -> None:
        self.ids = ids

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
            ids = sorted(self.ids(session))
            return [CompletionItem(item) for item in ids if item.startswith(incomplete)]
        return []


def _prepared_ids(session: Session) -> Iterable[str]:
    from datamaestro.inventory.prepared import prepared_datasets

    return (dataset.id for dataset in prepared_datasets(session.context.datapath))


DATASET = _DatasetId(lambda session: session.context.catalog.ids())
"""A dataset that an installed repository declares."""

PREPARED = _DatasetId(_prepared_ids)
"""A dataset that is prepared, whether its repository is installed or not."""

yes = click.option("--yes", is_flag=True, help="Do it; without this, nothing is removed.")

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
