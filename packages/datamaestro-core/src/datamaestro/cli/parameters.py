"""Parameters that several commands take."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import click
from click.shell_completion import CompletionItem

from datamaestro.cli.session import Session
from datamaestro.errors import DatamaestroError

__all__ = ["AGREEMENT", "DATASET", "as_json", "echo_json"]


class _DatasetId(click.ParamType[str]):
    """A dataset id; the shell completes it from the catalog."""

    name = "dataset"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  (click's signature)
        incomplete: str,
    ) -> list[CompletionItem]:
        session = _completing_session(ctx)
        with contextlib.suppress(DatamaestroError):
            ids = session.context.catalog.ids()
            return [CompletionItem(item) for item in sorted(ids) if item.startswith(incomplete)]
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

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def echo_json(value: Any) -> None:
    """Print a value as JSON on the standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
