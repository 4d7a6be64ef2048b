"""What the shell offers for a word that is being typed.

Functions raise whatever they meet: a shell that completes shows no errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from datamaestro.variants import AxesVariants

if TYPE_CHECKING:
    from datamaestro.cli.session import Session
    from datamaestro.context import Context

__all__ = [
    "agreements",
    "data_folders",
    "declared_datasets",
    "encoders",
    "prepared_datasets",
    "repositories",
]


def declared_datasets(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the id of a dataset that is declared, or a file and a name, or a selector."""
    name, bracket, selector = incomplete.partition("[")
    if bracket:
        return _items(f"{name}[{item}" for item in _selectors(name, selector, session.context))
    if (in_files := _in_files(incomplete)) is not None:
        return in_files
    return _beginning(incomplete, _ids(incomplete, session.context))


def prepared_datasets(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the id of a dataset that is prepared, or a file and a name."""
    from datamaestro.dataset_folders import pass_over
    from datamaestro.inventory import prepared

    if (in_files := _in_files(incomplete)) is not None:
        return in_files
    found = prepared.prepared_datasets(session.context.datapath, pass_over)
    name = prepared.qualified if ":" in incomplete else attrgetter("id")
    return _beginning(incomplete, map(name, found))


def agreements(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the id of an agreement, from those of all datasets."""
    definitions = session.context.datasets()
    ids = {item.id for definition in definitions for item in definition.agreements}
    return _beginning(incomplete, ids)


def data_folders(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the name of a data folder."""
    return _beginning(incomplete, session.context.settings.datafolders)


def encoders(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the name of an encoder."""
    from datamaestro.plugins.descriptors import BUILT_IN_ENCODER

    others = (item.spec.name for item in session.context.plugins.encoders)
    return _beginning(incomplete, [BUILT_IN_ENCODER, *others])


def repositories(incomplete: str, session: Session) -> list[CompletionItem]:
    """Complete the id of a repository."""
    provided = session.context.plugins.repositories
    return _beginning(incomplete, (item.spec.id for item in provided))


def _in_files(incomplete: str) -> list[CompletionItem] | None:
    """Complete a file, or the name of what it declares; None for what isn't a file."""
    from datamaestro.definitions.files import definitions_in_file

    file, separator, name = incomplete.rpartition(".py:")
    if separator:
        declared = definitions_in_file(Path(f"{file}.py"))
        names = [item.definition.target.__name__ for item in declared]
        return _items(f"{file}.py:{item}" for item in names if item.startswith(name))
    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    return None


def _ids(incomplete: str, context: Context) -> Iterable[str]:
    """Give all ids; those of one repository, and after it, if the text names one."""
    from datamaestro.search import parse_query

    repository, colon, _ = incomplete.partition(":")
    if not colon:
        return context.catalog.ids()
    found = context.catalog.names(parse_query([f"repo:{re.escape(repository)}"]), None)
    return (f"{repository}:{item.id}" for item in found)


def _selectors(name: str, selector: str, context: Context) -> list[str]:
    """Give what a selector of a dataset may begin with, where it begins with a text."""
    variants = context.dataset(name).variants
    if not isinstance(variants, AxesVariants):
        return []
    before, comma, last = selector.rpartition(",")
    given = {item.partition("=")[0].strip() for item in before.split(",")}
    choices = (item for item in _choices(variants, given) if item.startswith(last))
    return [f"{before}{comma}{item}" for item in choices]


def _choices(variants: AxesVariants, given: set[str]) -> Iterator[str]:
    """Give ``key=value`` for all that an axis has to choose from, or ``key=``."""
    axes = {name: axis for name, axis in variants.axes.items() if name not in given}
    for name, axis in axes.items():
        end = "]" if all(item.has_default for other, item in axes.items() if other != name) else ","
        if axis.domain is None:
            yield f"{name}="
        else:
            yield from (f"{name}={axis.write(value)}{end}" for value in axis.domain)


def _beginning(incomplete: str, texts: Iterable[str]) -> list[CompletionItem]:
    """Offer the texts that begin as what was typed."""
    return _items(sorted(text for text in texts if text.startswith(incomplete)))


def _items(texts: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(text) for text in texts]
