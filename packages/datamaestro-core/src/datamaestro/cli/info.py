"""``datamaestro info``."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from datamaestro.catalog import Entry
from datamaestro.cli.parameters import DATASET, as_json, echo_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.preparation.places import place_of

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@as_json
@pass_session
def command(session: Session, dataset: str, as_json: bool) -> None:
    """Show what is known about DATASET, without loading or fetching anything."""
    definition = session.context.dataset(dataset)
    entry = Entry.of(definition)
    folder = _folder(session.context, place_of(definition, session.context))
    if as_json:
        echo_json({**entry.to_json(), "folder": None if folder is None else str(folder)})
    else:
        click.echo("\n".join(_lines(entry, folder)))


def _folder(context: Context, place: PurePosixPath) -> Path | None:
    """Give the first folder, of the site or the context's own, with data of a dataset."""
    for directory in (*context.site_directories, context.path):
        folder = directory / "data" / place
        if os.access(folder / ".state.json", os.R_OK):
            return folder
    return None


def _lines(entry: Entry, folder: Path | None) -> list[str]:
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
        "Folder": folder,
        "Defined in": entry.source,
    }
    lines = [entry.name, ""] if entry.name else []
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    for file in entry.files:
        size = "" if file.size is None else f" ({file.size:,} bytes)"
        lines.append(f"File: {file.resource}{size} from {file.urls[0]}")
    return [*lines, "", entry.description or "(no description)"]
