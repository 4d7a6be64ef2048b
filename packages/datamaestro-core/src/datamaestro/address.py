"""From what a user names to a definition, its variant, and a part of its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from datamaestro import identifiers
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.errors import DatasetNotFoundError, DefinitionError, QueryError
from datamaestro.identifiers import Identifier
from datamaestro.selector import format_selector

if TYPE_CHECKING:
    from datamaestro.catalog import Catalog

__all__ = ["Address", "find", "find_dataset", "find_family", "known_dataset"]


class Address(NamedTuple):
    """What a user has named.

    :param definition: the dataset; if it has variants, one of them
    :param part: the names that lead to a part of its value; none for the whole
    """

    definition: DatasetDefinition
    part: tuple[str, ...] = ()


def find(catalog: Catalog, dataset: Any, variant: Mapping[str, Any] | None = None) -> Address:
    """Find a dataset, and choose its variant.

    :param dataset: an id, perhaps with a selector and a part; or what ``@dataset`` decorates
    :param variant: the values of its axes, where `dataset` has no selector
    :raises DatasetNotFoundError: if no repository has it
    :raises DefinitionError: if `dataset` is something else
    :raises QueryError: if it isn't an id, or chooses no variant of the dataset
    """
    identifier, definition = _family(catalog, dataset)
    if not isinstance(variant, Mapping | None):
        raise QueryError(
            "a variant is chosen by the values of axes",
            expected="variant={'lang': 'fr'}",
            found=f"{variant!r:.80}",
        )
    definition.validate()
    selector = "" if identifier is None else format_selector(identifier.selector)
    if selector and variant:
        raise QueryError(
            f"the variant of {definition.id} is chosen twice",
            expected="a selector, or variant=…",
            found=f"{selector} and {dict(variant)}",
        )
    chosen = (
        definition.for_selector(selector) if selector else definition.for_variant(variant or {})
    )
    return Address(chosen, () if identifier is None else identifier.part)


def find_dataset(catalog: Catalog, dataset: Any) -> DatasetDefinition:
    """Find the dataset that is named; see :meth:`datamaestro.context.Context.dataset`."""
    identifier, definition = _family(catalog, dataset)
    selector = "" if identifier is None else format_selector(identifier.selector)
    return definition.for_selector(selector) if selector else definition


def _family(catalog: Catalog, dataset: Any) -> tuple[Identifier | None, DatasetDefinition]:
    """Find a dataset by its id, which is given too, or by what ``@dataset`` decorates."""
    if isinstance(dataset, str):
        return find_family(catalog, identifiers.parse(dataset))
    definition = getattr(dataset, "__dataset__", dataset)
    if not isinstance(definition, DatasetDefinition):
        raise DefinitionError(
            "not a dataset",
            expected="an id, or what @dataset decorates",
            found=f"{dataset!r:.80}",
        )
    return None, definition


def known_dataset(catalog: Catalog, dataset_id: str) -> DatasetDefinition | None:
    """Find the dataset that an id names, if there is one; a part of one is none.

    Nothing else is suggested, which takes most of the time where many aren't there.

    :raises DatamaestroError: as :meth:`datamaestro.catalog.Catalog.known`
    """
    identifier = identifiers.parse(dataset_id)
    definition = catalog.known(identifier)
    selector = format_selector(identifier.selector)
    return definition.for_selector(selector) if definition and selector else definition


def find_family(catalog: Catalog, identifier: Identifier) -> tuple[Identifier, DatasetDefinition]:
    """Look an id up; where there is no such dataset, it may name a part of one.

    :return: what the id stands for, its part told from the dataset's id
    :raises DatasetNotFoundError: if it names neither
    :raises AmbiguousDatasetError: if several repositories have it
    """
    try:
        return identifier, catalog.definition(identifier)
    except DatasetNotFoundError as error:
        for shorter in identifier.shorter():
            try:
                return shorter, catalog.definition(shorter)
            except DatasetNotFoundError:
                continue
        raise error
