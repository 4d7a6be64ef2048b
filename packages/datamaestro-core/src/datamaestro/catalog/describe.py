"""From a definition to what the catalog knows about it."""

from __future__ import annotations

from collections.abc import Mapping

from datamaestro.catalog.entry import Entry, FileFacts
from datamaestro.catalog.quantities import bytes_of
from datamaestro.data import Base
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.download.resource import Resource, StoredResource
from datamaestro.urls import masked

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
        disk_size=None if definition.size is None else bytes_of(str(definition.size)),
        download_size=None if None in sizes or not sizes else sum(filter(None, sizes)),
        source=str(definition.location),
        kept=_kept(resources),
    )


def axes_of(definition: DatasetDefinition) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG001
    """Give what there is to choose between: the values of each axis, as a selector writes them.

    A definition has no variants yet, so there is nothing.
    """
    return {}


def _type_names(cls: type[Base]) -> list[str]:
    return [
        f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if issubclass(base, Base)
    ]


def _kept(resources: list[Resource]) -> dict[str, str]:
    """Give the fingerprints of the resources that are on disk once a dataset is prepared."""
    needed = {id(item) for resource in resources for item in resource.dependencies}
    return {
        resource.name: resource.fingerprint
        for resource in resources
        if isinstance(resource, StoredResource)
        and not (resource.transient and id(resource) in needed)
    }
