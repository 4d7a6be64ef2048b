"""``datamaestro cite``."""

from __future__ import annotations

import logging

import click

from datamaestro import identifiers
from datamaestro.catalog import Entry
from datamaestro.citation import bibtex, csl_json, plain_text
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json
from datamaestro.cli.parameters import DATASET, refuse_both_or_none
from datamaestro.cli.session import Session, pass_session
from datamaestro.context import Context
from datamaestro.errors import DatamaestroError
from datamaestro.inventory.prepared import (
    Prepared,
    definition_of,
    prepared_datasets,
    qualified,
)

__all__ = ["command"]

logger = logging.getLogger(__name__)


@click.command
@click.argument("datasets", nargs=-1, metavar="[DATASET]...", type=DATASET)
@click.option("--prepared", is_flag=True, help="Cite all that is prepared.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["bibtex", "csl-json", "text"]),
    default="bibtex",
    show_default=True,
    help="What to print.",
)
@click.option("--json", "form", flag_value="csl-json", help="Print CSL JSON.")
@pass_session
def command(session: Session, datasets: tuple[str, ...], prepared: bool, form: str) -> None:
    """Tell how to cite each DATASET: what its authors ask for, each paper once.

    Where nothing is declared, an entry is made from the name, the page and the DOI.
    """
    refuse_both_or_none(datasets, prepared=prepared)
    context = session.context
    entries = _prepared(context) if prepared else [_named(name, context) for name in datasets]
    if form == "csl-json":
        echo_json(csl_json(entries))
    elif entries:
        echo("\n".join(plain_text(entries)) if form == "text" else bibtex(entries))


def _named(name: str, context: Context) -> Entry:
    """Give the entry of a dataset, which all its variants have in common.

    :raises QueryError: if the name chooses a variant that there isn't
    """
    identifier = identifiers.parse(name)
    entry = context.catalog.entry(identifier)
    if identifier.selector:
        context.dataset(name)
    return entry


def _prepared(context: Context) -> list[Entry]:
    """Give the entries of what is prepared; what nothing declares here has none."""
    entries, unknown = [], []
    for dataset in prepared_datasets(context.datapath):
        entry = _entry(dataset, context)
        if entry is None:
            unknown.append(qualified(dataset))
        else:
            entries.append(entry)
    if unknown:
        logger.warning("not cited, as nothing declares them here: %s", ", ".join(unknown))
    elif not entries:
        note("No dataset is prepared.")
    return entries


def _entry(dataset: Prepared, context: Context) -> Entry | None:
    if dataset.repository is None:
        definition = definition_of(dataset, context)
        if definition is None:
            return None
        return Entry.of(definition)._replace(id=definition.family_id)
    try:
        return context.catalog.entry(identifiers.parse(qualified(dataset)))
    except DatamaestroError:
        return None
