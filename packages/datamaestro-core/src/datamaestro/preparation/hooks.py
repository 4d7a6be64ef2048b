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
from datamaestro.preparation.blaming import noting
from datamaestro.preparation.places import graph_of
from datamaestro.preparation.references import key_of, with_referred

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = [
    "already_in_use",
    "before_download",
    "before_use",
    "in_use",
]

_in_use: ContextVar[tuple[DatasetDefinition, ...]] = ContextVar("_in_use", default=())
"""What the thread, or the one that began it, is in the middle of preparing."""


@contextmanager
def before_use(
    definition: DatasetDefinition, context: Context
) -> Iterator[list[DatasetDefinition]]:
    """Do what comes before a dataset's use; what the block prepares doesn't do it again.

    It yields the dataset and all that it refers to, except those already in use.

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
    """In the block, skip these datasets' agreements and hooks: they are done."""
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


def _name_for_commands(agreement: Agreement, definition: DatasetDefinition) -> str | None:
    """Give the name by which a command finds an agreement.

    :return: None if the dataset is of a notebook or a lock file, where no command looks
    """
    file, name = Path(definition.location.path), definition.target.__qualname__
    if file.suffix != ".py" or not file.is_file():
        return None
    if definition.repository is not None:
        return agreement.id
    return None if "." in name else f"{file}:{name}{definition.selector}"


def _call(name: str, definition: DatasetDefinition, context: Context) -> None:
    for function in definition.hooks[name]:
        dataset = DatasetInContext(definition, context, graph_of(definition, context).folder)
        with noting(definition, f"calling the {name} hook"):
            function(dataset)
