"""``datamaestro info``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datamaestro import identifiers
from datamaestro.catalog import Entry
from datamaestro.catalog.entry import FileFacts
from datamaestro.catalog.on_disk import (
    CompleteResource,
    datapath_of,
    files_to_download,
    folder_of,
    kept_resources,
    prepared_variants,
)
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import DATASET, as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.units import size_text
from datamaestro.errors import DatasetNotFoundError

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["command"]


@click.command
@click.argument("dataset", type=DATASET)
@as_json
@pass_session
def command(session: Session, dataset: str, as_json: bool) -> None:
    """Show what is known about DATASET, without loading or fetching anything."""
    context = session.context
    entry = _entry(context, dataset)
    datapath = datapath_of(entry, context.datapaths)
    if as_json:
        echo_json(_document(entry, datapath))
    else:
        echo("\n".join(_lines(entry, datapath)))


def _entry(context: Context, dataset: str) -> Entry:
    """Give what is known about a dataset, of a variant or a file's too, which no index has."""
    identifier = identifiers.parse(dataset)
    indexed = identifier.file is None and not identifier.selector
    if indexed:
        try:
            return context.catalog.entry(identifier)
        except DatasetNotFoundError:
            if next(identifier.shorter(), None) is None:
                raise
    from datamaestro import address
    from datamaestro.preparation.places import relative_folder

    whole, _ = address.find_family(context.catalog, identifier)
    if whole.part:
        context.missing(dataset)  # which raises if the value has no such part
    if indexed:
        return context.catalog.entry(whole)
    definition = context.dataset(dataset)
    return Entry.of(definition)._replace(place=str(relative_folder(definition, context)))


def _document(entry: Entry, datapath: Path) -> dict[str, Any]:
    kept = kept_resources(entry, datapath)
    wanted = files_to_download(entry, datapath)
    return {
        **entry.to_json(),
        "on_disk": {
            "folder": str(folder_of(entry, datapath)),
            "variants": prepared_variants(entry, datapath),
            "resources": {
                name: {"path": str(item.path), "size": item.size, "time": item.time}
                for name, item in kept.items()
            },
        },
        "to_download": {
            "files": len(wanted),
            "bytes": _total(wanted),
            "schemes": _schemes(wanted),
        },
    }


def _lines(entry: Entry, datapath: Path) -> list[str]:
    kept = kept_resources(entry, datapath)
    variants = prepared_variants(entry, datapath)
    facts = {
        "Id": entry.id,
        "Also": ", ".join(entry.aliases),
        "Repository": _owner(entry),
        "URL": entry.url,
        "DOI": entry.doi,
        "Licence": entry.licence,
        "Agreement": entry.agreement,
        "Languages": ", ".join(entry.languages),
        "Types": ", ".join(entry.types),
        "Tags": ", ".join(entry.tags),
        "Tasks": ", ".join(entry.tasks),
        "Variants": "; ".join(
            f"{name}={'|'.join(item) or '…'}" for name, item in entry.axes.items()
        ),
        "Size": entry.size,
        "On disk": "; ".join(variants) or _on_disk(entry, kept),
        "Folder": folder_of(entry, datapath) if kept or variants else None,
        "To download": _to_download(entry, datapath),
        "Defined in": entry.source,
    }
    lines = [entry.name, ""] if entry.name else []
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    lines += map(_file, entry.files)
    if entry.citation:
        lines += ["Cite as:", *(f"  {line}" for line in entry.citation.splitlines())]
    return [*lines, "", entry.description or "(no description)"]


def _owner(entry: Entry) -> str | None:
    if entry.distribution is None:
        return entry.repository
    return f"{entry.repository} ({entry.distribution} {entry.version})"


def _on_disk(entry: Entry, kept: dict[str, CompleteResource]) -> str | None:
    """Tell how much of a dataset is there; None if nothing of it stays on disk."""
    if not entry.kept:
        return None
    if not kept:
        return "nothing yet"
    missing = ", ".join(name for name in entry.kept if name not in kept)
    much = f"all but {missing}" if missing else "all of it"
    return f"{much}, {size_text(sum(item.size for item in kept.values()))}"


def _to_download(entry: Entry, datapath: Path) -> str | None:
    wanted = files_to_download(entry, datapath)
    if not wanted:
        return "nothing" if entry.files else None
    total = _total(wanted)
    much = "of a size that isn't declared" if total is None else f"{total:,} bytes"
    count = "1 file" if len(wanted) == 1 else f"{len(wanted)} files"
    return f"{count}, {much}, by {', '.join(_schemes(wanted))}"


def _file(file: FileFacts) -> str:
    size = "" if file.size is None else f" ({file.size:,} bytes)"
    digests = {"sha256": file.sha256, "md5": file.md5}
    hashes = "".join(f", {name} {digest}" for name, digest in digests.items() if digest)
    return f"File: {file.resource}{size} from {' or '.join(file.urls)}{hashes}"


def _total(files: list[FileFacts]) -> int | None:
    """Give the bytes of files together, if all declare theirs."""
    sizes = [file.size for file in files if file.size is not None]
    return sum(sizes) if len(sizes) == len(files) else None


def _schemes(files: list[FileFacts]) -> list[str]:
    """Give how files are fetched, by the first of their URLs."""
    return sorted({_scheme(file.urls) for file in files})


def _scheme(urls: tuple[str, ...]) -> str:
    return urls[0].partition(":")[0].lower()
