"""``datamaestro du``."""

from __future__ import annotations

import click

from datamaestro.cli.output import echo, echo_json, is_shown
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_columns
from datamaestro.cli.units import size_text
from datamaestro.inventory.prepared import distinct
from datamaestro.inventory.usage import DiskUsage, Usage, disk_usage

__all__ = ["command"]


@click.command
@as_json
@pass_session
def command(session: Session, as_json: bool) -> None:
    """Show how much room the data take: each dataset, repository, the cache, and all.

    The first number is what is taken on disk, the second how many bytes the files
    hold. A file with several names counts once, and links count as themselves.
    """
    found = disk_usage(session.context)
    if as_json:
        echo_json(_json(found))
        return
    rows = _rows(found)
    if is_shown():
        texts = [(size_text(item.disk), size_text(item.size), name) for name, item in rows]
        echo_columns(("ON DISK", "CONTENT", ""), texts)
    else:
        for name, usage in rows:
            echo(f"{usage.disk}\t{usage.size}\t{name}")


def _rows(found: DiskUsage) -> list[tuple[str, Usage]]:
    """Give what to print: datasets, repositories, then the rest, each the largest first."""
    names = distinct(dataset for dataset, _ in found.datasets)
    usages = [usage for _, usage in found.datasets]
    groups = [
        list(zip(names, usages, strict=True)),
        [(f"{name}:", usage) for name, usage in found.repositories.items()],
    ]
    largest = [sorted(group, key=lambda row: -row[1].disk) for group in groups]
    return [*largest[0], *largest[1], ("cache", found.cache), ("total", found.total)]


def _json(found: DiskUsage) -> dict[str, object]:
    datasets = sorted(found.datasets, key=lambda row: -row[1].disk)
    return {
        "datasets": [
            {
                "id": dataset.id,
                "repository": dataset.repository,
                "folder": str(dataset.folder),
                **vars(usage),
            }
            for dataset, usage in datasets
        ],
        "repositories": {name: vars(usage) for name, usage in found.repositories.items()},
        "cache": vars(found.cache),
        "total": vars(found.total),
    }
