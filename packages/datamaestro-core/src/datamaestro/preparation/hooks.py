"""What happens before data are fetched or used: agreements, and the hooks of datasets.

The datasets that a dataset refers to come first, and all before anything is fetched:
nobody waits an hour for the first of two downloads to be asked about the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.agreements import Agreement, require
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.hooks import DatasetInContext
from datamaestro.errors import NotFoundError, QueryError
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.places import graph_of

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "already_in_use",
    "before_download",
    "before_use",
    "in_use",
    "key_of",
    "refuse_circle",
    "with_referred",
]

_in_use: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_in_use", default=())


@contextmanager
def before_use(
    definition: DatasetDefinition, context: Context
) -> Iterator[list[DatasetDefinition]]:
    """Do what comes before a dataset's use; what the block prepares is not asked again.

    It gives the datasets that are used: that one, and all that it refers to, but for those
    that are in use already.

    :raises AgreementError: if an agreement isn't accepted
    :raises DefinitionError: if datasets refer to one another in a circle
    """
    done = {key_of(item) for item in in_use()}
    datasets = [item for item in with_referred(definition, context) if key_of(item) not in done]
    for item in (asked for asked in datasets if asked.agreements):
        for agreement in item.agreements:
            name = _name_for_commands(agreement, item)
            require(agreement, context.user_settings, item.id, name)
    with already_in_use(()):
        for item in datasets:
            _in_use.set((*in_use(), item))  # its hooks may prepare it themselves
            _call("pre-use", item, context)
        yield datasets


@contextmanager
def already_in_use(datasets: Iterable[DatasetDefinition]) -> Iterator[None]:
    """Let nothing come before the use of datasets in the block: all that does is done."""
    token = _in_use.set((*in_use(), *datasets))
    try:
        yield
    finally:
        _in_use.reset(token)


def in_use() -> tuple[DatasetDefinition, ...]:
    """Give the datasets that are prepared in one go, since one refers to another."""
    return _in_use.get()


def before_download(definition: DatasetDefinition, context: Context) -> None:
    """Do what comes before something is fetched for a dataset."""
    _call("pre-download", definition, context)


def with_referred(definition: DatasetDefinition, context: Context) -> list[DatasetDefinition]:
    """Give a dataset and all that it refers to, those referred to first.

    :raises DefinitionError: if they refer to one another in a circle
    :raises DatasetNotFoundError: if a reference leads nowhere
    """
    found: dict[tuple[str, object], DatasetDefinition] = {}

    def visit(item: DatasetDefinition, path: tuple[DatasetDefinition, ...]) -> None:
        refuse_circle(item, path)
        if key_of(item) in found:
            return
        for resource in item.ordered_resources():
            for dataset in resource.datasets:
                visit(_referred(dataset, item, context), (*path, item))
        found[key_of(item)] = item

    visit(definition, ())
    return list(found.values())


def key_of(definition: DatasetDefinition) -> tuple[str, object]:
    """Give what tells a dataset from others, of which those of another file may have its id."""
    return definition.id, definition.target


def refuse_circle(definition: DatasetDefinition, path: tuple[DatasetDefinition, ...]) -> None:
    """Refuse a dataset that is among those on the path that led to it.

    :raises DefinitionError: if it is
    """
    if key_of(definition) in map(key_of, path):
        circle = " → ".join(item.id for item in (*path, definition))
        raise definition.error(f"datasets refer to one another in a circle: {circle}")


def _referred(dataset: object, owner: DatasetDefinition, context: Context) -> DatasetDefinition:
    """Look up what a dataset refers to; an error tells where that one is declared."""
    try:
        return context.definition(dataset)
    except (NotFoundError, QueryError) as error:
        error.where = error.where or str(owner.location)
        raise


def _name_for_commands(agreement: Agreement, definition: DatasetDefinition) -> str | None:
    """Give the name by which a command finds an agreement.

    :return: None if the dataset is of a notebook or a lock file, where no command looks
    """
    file, name = Path(definition.location.path), definition.target.__qualname__
    if file.suffix != ".py" or not file.is_file():
        return None
    if definition.repository is not None:
        return agreement.id
    return None if "." in name else f"{file}:{name}"


def _call(name: str, definition: DatasetDefinition, context: Context) -> None:
    for function in definition.hooks[name]:
        dataset = DatasetInContext(definition, context, graph_of(definition, context).folder)
        with noting(definition, f"calling the {name} hook"):
            function(dataset)
