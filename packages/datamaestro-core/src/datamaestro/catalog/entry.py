"""What the catalog knows about one dataset: facts, with nothing of it loaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from datamaestro.data import Base
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.urls import masked

__all__ = ["Entry", "FileFacts"]


@dataclass(frozen=True)
class FileFacts:
    """One file that a dataset downloads.

    :param resource: the resource that it is for
    :param urls: where it lies, as it may be shown
    :param size: its number of bytes, if declared
    :param sha256: its digest, if declared
    :param md5: its digest, if declared
    """

    resource: str
    urls: tuple[str, ...]
    size: int | None
    sha256: str | None
    md5: str | None


@dataclass(frozen=True)
class Entry:
    """What is known about one dataset.

    :param id: the dataset id
    :param repository: the id of its repository, or None
    :param name: its name, in a few words
    :param description: the rest
    :param types: its data type and that one's ancestors, as ``module.Class``, the nearest first
    :param size: the bytes that it takes on disk, if its author states them
    :param download_size: the bytes that it downloads, if it does and all files declare theirs
    :param source: the file and line of its definition
    """

    id: str
    repository: str | None
    name: str
    description: str
    url: str | None
    doi: str | None
    licence: str | None
    citation: str | None
    agreement: str | None
    languages: tuple[str, ...]
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    tasks: tuple[str, ...]
    types: tuple[str, ...]
    files: tuple[FileFacts, ...]
    size: int | None
    download_size: int | None
    source: str

    @classmethod
    def of(cls, definition: DatasetDefinition) -> Entry:
        """Gather what a definition says."""
        files = tuple(
            FileFacts(
                resource.name,
                tuple(map(masked, source.urls)),
                source.size,
                source.sha256,
                source.md5,
            )
            for resource in definition.ordered_resources()
            for source in resource.sources
        )
        sizes = [file.size for file in files]
        return cls(
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
            size=definition.size,
            download_size=None if None in sizes or not sizes else sum(filter(None, sizes)),
            source=str(definition.location),
        )

    @property
    def type(self) -> str:
        """The class name of its data type."""
        return self.types[0].rpartition(".")[2]

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON, without what isn't known."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}


def _type_names(cls: type[Base]) -> list[str]:
    return [
        f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__ if issubclass(base, Base)
    ]
