"""``datamaestro search``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

import click

from datamaestro.catalog import Catalog, Entry
from datamaestro.cli.parameters import as_json, echo_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.search import Condition, forgiven, parse_query

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["command"]


@click.command
@click.argument("terms", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), help="Show so many at the most.")
@as_json
@pass_session
def command(session: Session, terms: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """Search for datasets for which all TERMS hold; the best come first.

    A term is a word, words in quotes, a regular expression for the id or the name, or one
    after tag:, task:, repo:, type: or license:; or lang:fr, size:<1GB, prepared:yes. OR
    stands between alternatives, NOT before what must not hold.
    """
    context = session.context
    found = list(_found(context.catalog, parse_query(terms), limit))
    if as_json:
        echo_json([entry.to_json() for entry in found])
    elif sys.stdout.isatty():
        from datamaestro.cli.table import echo_table

        names = _names(found, context)
        echo_table([(name, entry.name) for name, entry in zip(names, found, strict=True)])
    elif found:
        click.echo("\n".join(_names(found, context)))
    if not found:
        click.echo("No dataset matches.", err=True)


def _found(catalog: Catalog, condition: Condition, limit: int | None) -> Iterable[Entry]:
    """Search, and once more for similar words if that finds nothing."""
    found = catalog.search(condition, limit)
    first = next(found, None)
    if first is not None:
        return chain([first], found)
    similar, replaced = forgiven(condition, catalog)
    again = list(catalog.search(similar, limit)) if replaced else []
    if again:
        for word, other in replaced.items():
            click.echo(f"Nothing matches {word!r}; showing {other!r}.", err=True)
    return again


def _names(entries: list[Entry], context: Context) -> list[str]:
    """Give the ids as `prepare` takes them: after the repository where that is needed."""
    counts = Counter(entry.id for entry in entries)
    if len(counts) == len(entries):
        return list(counts)
    preferred = context.user_settings.default_repository
    return [
        entry.id
        if counts[entry.id] == 1 or entry.repository == preferred
        else f"{entry.repository}:{entry.id}"
        for entry in entries
    ]
