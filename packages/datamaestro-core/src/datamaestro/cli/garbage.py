"""What the commands that remove things have in common."""

from __future__ import annotations

from collections.abc import Iterable

from datamaestro.cli.messages import note
from datamaestro.cli.output import echo, echo_json, is_shown
from datamaestro.cli.table import echo_columns
from datamaestro.cli.units import size_text
from datamaestro.errors import DataDirectoryError
from datamaestro.inventory.garbage import Garbage, remove_garbage

__all__ = ["collect", "raise_first"]


def collect(found: Iterable[Garbage], *, yes: bool, as_json: bool) -> None:
    """Remove garbage if `yes` says so, and print what went or would go.

    :raises DataDirectoryError: if something can't be removed, once all else is
    """
    gone: list[Garbage] = []
    busy: list[Garbage] = []
    errors: list[DataDirectoryError] = []
    for item in list(found):
        try:
            (gone if not yes or remove_garbage(item) else busy).append(item)
        except DataDirectoryError as error:
            errors.append(error)
    if as_json:
        echo_json({"removed": yes, "garbage": [item.to_json() for item in gone]})
    elif is_shown():
        rows = [(item.kind, size_text(item.size), item.about) for item in gone]
        echo_columns(("KIND", "SIZE", "OF"), rows)
    else:
        for item in gone:
            echo(f"{item.size}\t{item.kind}\t{item.path}")
    total = size_text(sum(item.size for item in gone))
    done = "freed" if yes else "can be freed: --yes does it"
    if gone or not errors:
        note(f"{total} {done}." if gone else "There is nothing to free.")
    for item in busy:
        note(f"{item.path} stays: another process has begun to use it.")
    raise_first(errors)


def raise_first(errors: list[DataDirectoryError]) -> None:
    """Raise the first error, if there is one, and let it tell how many there are."""
    if errors:
        first, *others = errors
        if others:
            first.message += f" (and {len(others)} more can't be removed)"
        raise first
