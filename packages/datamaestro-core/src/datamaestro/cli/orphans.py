"""``datamaestro orphans``."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import click

from datamaestro.cli.parameters import as_json, echo_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.context import Context
from datamaestro.files import size_on_disk
from datamaestro.preparation import dataset_folder

__all__ = ["command"]

logger = logging.getLogger(__name__)


@click.command
@click.option("--size", is_flag=True, help="Show how many bytes each holds.")
@as_json
@pass_session
def command(session: Session, size: bool, as_json: bool) -> None:
    """List folders in the data directory that belong to no installed dataset.

    Nothing is removed. Where a plugin or a module of definitions is broken, its
    datasets can't be told from orphans, and the repository is left out.
    """
    found = [(path, size_on_disk(path) if size else None) for path in _orphans(session.context)]
    if as_json:
        rows = [{"path": str(path), **({} if n is None else {"size": n})} for path, n in found]
        echo_json(rows)
        return
    for path, count in found:
        click.echo(f"{path}" if count is None else f"{count}\t{path}")


def _orphans(context: Context) -> Iterator[Path]:
    if not context.datapath.is_dir():
        return
    declared = {item.spec.id for item in context.plugins.repositories}
    working = {repository.id: repository for repository in context.repositories()}
    for folder in sorted(context.datapath.iterdir()):
        if not folder.is_dir() or folder.name == "__custom__":
            continue
        repository = working.get(folder.name)
        if repository is not None:
            owned = {dataset_folder(definition, context) for definition in repository}
            if not repository.broken:
                yield from _below(folder, owned)
                continue
        if repository is not None or folder.name in declared or context.plugins.broken:
            logger.warning("%s is left out: a plugin or a definition is broken", folder)
        else:
            yield folder


def _below(folder: Path, owned: set[Path]) -> Iterator[Path]:
    """Give the folders from here on down that hold no dataset and lie in none."""
    for child in sorted(folder.iterdir()):
        if child.is_dir() and child not in owned:
            if any(child in path.parents for path in owned):
                yield from _below(child, owned)
            else:
                yield child
