"""``datamaestro list``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json, is_shown
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_columns
from datamaestro.cli.units import size_text, time_text
from datamaestro.inventory.prepared import Prepared, distinct, prepared_datasets

__all__ = ["command"]

_ORDERS: dict[str, Callable[[Prepared], Any]] = {
    "id": lambda item: (item.id, item.repository or ""),
    "size": lambda item: -item.size,
    "completed": lambda item: item.completed,
    "used": lambda item: item.last_use or item.completed,
}


@click.command
@click.option(
    "--sort",
    type=click.Choice(list(_ORDERS)),
    default="id",
    show_default=True,
    help="The order: by id, the largest first, or the oldest or longest unused first.",
)
@as_json
@pass_session
def command(session: Session, sort: str, as_json: bool) -> None:
    """List the prepared datasets: their sizes, when they were complete, and when last used.

    No plugin is asked, so data of those that aren't installed any more are listed too.
    """
    found = sorted(prepared_datasets(session.context.datapath), key=_ORDERS["id"])
    found.sort(key=_ORDERS[sort])
    if as_json:
        echo_json([dataset.to_json() for dataset in found])
        return
    counts = Counter(dataset.id for dataset in found)
    names = [
        item.id if counts[item.id] == 1 else name
        for item, name in zip(found, distinct(found), strict=True)
    ]
    if is_shown():
        rows = [
            (name, size_text(item.size), time_text(item.completed), time_text(item.last_use))
            for name, item in zip(names, found, strict=True)
        ]
        echo_columns(("DATASET", "SIZE", "COMPLETE", "LAST USED"), rows)
    else:
        for name in names:
            echo(name)
    if not found:
        note("No dataset is prepared.")
