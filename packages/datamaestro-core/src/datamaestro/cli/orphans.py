"""``datamaestro orphans``."""

from __future__ import annotations

import click

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.inventory.orphans import find_orphans
from datamaestro.inventory.prepared import warn
from datamaestro.inventory.superseded import find_superseded
from datamaestro.inventory.usage import Meter

__all__ = ["command"]


@click.command
@click.option("--size", is_flag=True, help="Show how many bytes each holds.")
@as_json
@pass_session
def command(session: Session, size: bool, as_json: bool) -> None:
    """List what lies in the data directory and no installed dataset has.

    These are folders of no installed dataset, and what was fetched for one whose definition
    no longer has it. Nothing is removed. Where a plugin or a module of definitions is broken, its
    datasets can't be told from orphans, and the repository is left out.
    """
    context = session.context
    former = (dataset.path(name) for dataset, name in find_superseded(context, warn))
    paths = [*find_orphans(context), *former]
    found = [(path, Meter().measure(path).size if size else None) for path in paths]
    if as_json:
        echo_json([{"path": str(path), "size": count} for path, count in found])
        return
    for path, count in found:
        echo(f"{path}" if count is None else f"{count}\t{path}")
    if not found:
        note("There are no orphans.")
