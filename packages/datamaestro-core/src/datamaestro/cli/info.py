"""``datamaestro info``."""

from __future__ import annotations

import click

from datamaestro import identifiers
from datamaestro.catalog import Entry
from datamaestro.cli.parameters import DATASET, as_json, echo_json
from datamaestro.cli.session import Session, pass_session

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@as_json
@pass_session
def command(session: Session, dataset: str, as_json: bool) -> None:
    """Show what is known about DATASET, without loading or fetching anything."""
    entry = session.context.catalog.entry(identifiers.parse(dataset))
    if as_json:
        echo_json(entry.to_json())
    else:
        click.echo("\n".join(_lines(entry)))


def _lines(entry: Entry) -> list[str]:
    facts = {
        "Id": entry.id,
        "Also": ", ".join(entry.aliases),
        "Repository": entry.repository,
        "URL": entry.url,
        "DOI": entry.doi,
        "Licence": entry.licence,
        "Languages": ", ".join(entry.languages),
        "Types": ", ".join(entry.types),
        "Tags": ", ".join(entry.tags),
        "Tasks": ", ".join(entry.tasks),
        "Size": None if entry.size is None else f"{entry.size:,} bytes",
        "Downloads": None if entry.download_size is None else f"{entry.download_size:,} bytes",
        "Defined in": entry.source,
    }
    lines = [entry.name, ""] if entry.name else []
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    for file in entry.files:
        size = "" if file.size is None else f" ({file.size:,} bytes)"
        lines.append(f"File: {file.resource}{size} from {file.urls[0]}")
    return [*lines, "", entry.description or "(no description)"]
