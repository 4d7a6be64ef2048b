"""``datamaestro search``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click

from datamaestro.catalog import Catalog
from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json, is_shown
from datamaestro.cli.parameters import as_json
from datamaestro.cli.session import Session, pass_session
from datamaestro.search import Condition, corrected, parse_query

if TYPE_CHECKING:
    from datamaestro.catalog.entry import Entry, Named
    from datamaestro.context import Context

__all__ = ["command"]

Found = TypeVar("Found", "Entry", "Named")


@click.command
@click.argument("terms", nargs=-1, metavar="[TERM]...")
@click.option("--limit", metavar="N", type=click.IntRange(min=1, max=10**9), help="Show at most N.")
@as_json
@pass_session
def command(session: Session, terms: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """Search for datasets for which each TERM holds; the best come first.

    A term is a word, words in quotes, a regular expression for the id or the name, or one
    after tag:, task:, repo:, type: or license:; or lang:fr, size:<1GB, prepared:yes. OR
    stands between alternatives, NOT before what must not hold; AND goes without saying.
    """
    context = session.context
    catalog, condition = context.catalog, parse_query(terms)
    if as_json:
        entries = _found(catalog, catalog.search, condition, limit)
        echo_json([entry.to_json() for entry in entries])
        return
    found = _found(catalog, catalog.names, condition, limit)
    names = _names(found, context)
    if is_shown():
        from datamaestro.cli.table import echo_table

        echo_table([(name, item.name) for name, item in zip(names, found, strict=True)])
    elif names:
        echo("\n".join(names))


def _found(
    catalog: Catalog,
    search: Callable[[Condition, int | None], Iterator[Found]],
    condition: Condition,
    limit: int | None,
) -> list[Found]:
    """Search, and once more for similar words if that finds nothing."""
    found = list(search(condition, limit))
    if found:
        return found
    similar, replaced = corrected(condition, catalog)
    again = list(search(similar, limit)) if replaced else []
    for word, other in replaced.items() if again else ():
        note(f"Nothing matches {word!r}; showing {other!r}.")
    if not again:
        note("No dataset matches.")
    return again


def _names(found: list[Named], context: Context) -> list[str]:
    """Give the ids as `prepare` takes them: after the repository where that is needed."""
    counts = Counter(item.id for item in found)
    if len(counts) == len(found):
        return list(counts)
    preferred = context.user_settings.default_repository
    return [
        item.id
        if counts[item.id] == 1 or item.repository == preferred
        else f"{item.repository}:{item.id}"
        for item in found
    ]
