"""``datamaestro search``."""

from __future__ import annotations

import sys
from collections import Counter

import click

from datamaestro.catalog import Entry
from datamaestro.cli.parameters import as_json, echo_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.cli.table import echo_table
from datamaestro.search import parse_query

__all__ = ["command"]


@click.command
@click.argument("terms", nargs=-1)
@as_json
@pass_session
def command(session: Session, terms: tuple[str, ...], as_json: bool) -> None:
    """Search for datasets for which all TERMS hold.

    A term is a regular expression for the id or the name, or one after
    tag:, task:, repo: (or repository:) or type:.
    """
    found = sorted(session.context.catalog.search(parse_query(terms)), key=lambda item: item.id)
    if as_json:
        echo_json([entry.to_json() for entry in found])
        return
    names = _names(found, session.context.user_settings.default_repository)
    if sys.stdout.isatty():
        echo_table([(name, entry.name) for name, entry in zip(names, found, strict=True)])
    else:
        for name in names:
            click.echo(name)
    if not found:
        click.echo("No dataset matches.", err=True)


def _names(entries: list[Entry], preferred: str | None) -> list[str]:
    """Give the ids as `prepare` takes them: after the repository where that is needed.

    :param preferred: the repository that an id alone means, where several have it
    """
    counts = Counter(entry.id for entry in entries)
    return [
        entry.id
        if counts[entry.id] == 1 or entry.repository == preferred
        else f"{entry.repository}:{entry.id}"
        for entry in entries
    ]
