"""From a definition to what the catalog knows about it."""

from __future__ import annotations

from collections.abc import Mapping

from datamaestro.catalog.entry import Entry, FileFacts
from datamaestro.data import Base
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource
from datamaestro.download.stored import StoredResource
from datamaestro.identifiers import relative_path
from datamaestro.urls import masked
from datamaestro.variants import AxesVariants

__all__ = ["describe"]


def describe(definition: DatasetDefinition) -> Entry:
    """Gather what a definition says; nothing of its distribution is known yet."""
    resources = definition.ordered_resources()
    files = tuple(
        FileFacts(
            resource.name,
            tuple(map(masked, source.urls)),
            source.size,
            source.sha256,
            source.md5,
        )
        for resource in resources
        for source in resource.sources
    )
    sizes = [file.size for file in files]
    return Entry(
        id=definition.id,
        repository=definition.repository,
        name=definition.name,
        description=definition.description,
        url=definition.url,
        doi=definition.doi,
        licence=definition.licence,
        citation=definition.citation,
        agreement=definition.agreement,
        languages=tuple(sorted(definition.languages)),
        aliases=tuple(sorted(definition.aliases)),
        tags=tuple(sorted(definition.tags)),
        tasks=tuple(sorted(definition.tasks)),
        types=tuple(_type_names(definition.type)),
        files=files,
        axes=axes_of(definition),
        size=definition.size,
        download_size=None if None in sizes or not sizes else sum(filter(None, sizes)),
        source=str(definition.location),
        kept=_kept(resources),
        place=_place(definition),
    )


def axes_of(definition: DatasetDefinition) -> Mapping[str, tuple[str, ...]]:
    """Give what there is to choose between: the values of each axis, as a selector writes them.

    An axis that takes more values than can be listed has none.
    """
    variants = definition.variants
    if not isinstance(variants, AxesVariants):
        return {}
    return {name: tuple(map(axis.write, axis.domain or ())) for name, axis in variants.axes.items()}


def _place(definition: DatasetDefinition) -> str:
    """Give its folder below the prepared datasets, unless it's the one that all datasets have."""
    namespace = definition.namespace
    if namespace is None or str(namespace) == definition.repository:
        return ""
    return str(namespace / relative_path(definition.id))


def _type_names(cls: type[Base]) -> list[str]:
    return [
        f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if issubclass(base, Base)
    ]


def _kept(resources: list[Resource]) -> dict[str, tuple[str, str]]:
    """Give where resources are once a dataset is prepared, and what they are made from."""
    stored = [item for item in resources if isinstance(item, StoredResource)]
    gone = set[int]()
    if any(item.transient for item in stored):
        gone = {id(item) for resource in resources for item in resource.dependencies}
    return {
        item.name: (str(item.relative_path), item.fingerprint)
        for item in stored
        if not (item.transient and id(item) in gone)
    }
