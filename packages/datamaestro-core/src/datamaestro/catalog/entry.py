"""What the catalog knows about one dataset: facts, with nothing of it loaded.

Entries are named tuples: a search makes one for each dataset that it finds, and
classes that are made by a decorator would cost it a part of its start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = ["Entry", "FileFacts", "Named"]


class FileFacts(NamedTuple):
    """One file that a dataset downloads.

    :param resource: the resource that it is for
    :param urls: where it lies, as it may be shown
    :param size: its number of bytes, if declared
    :param sha256: its digest, if declared
    :param md5: its digest, if declared
    """

    resource: str
    urls: tuple[str, ...]
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


class Entry(NamedTuple):
    """What is known about one dataset; only its id always is.

    :param id: the dataset id
    :param repository: the id of its repository, or None
    :param distribution: the distribution that ships the repository
    :param version: that distribution's version
    :param name: its name, in a few words
    :param description: the rest
    :param types: its data type and that one's ancestors, as ``module.Class``, the nearest first
    :param files: what it downloads
    :param axes: what there is to choose between, where there are variants: name to values
    :param size: the bytes that it takes on disk, if its author states them
    :param download_size: the bytes that it downloads, if it does and all files declare theirs
    :param source: the file and line of its definition
    :param kept: the resources that stay on disk: name to path and fingerprint
    :param place: its folder below the prepared datasets, with ``/``, where no installed
        repository has it

    The others are the parameters of :class:`datamaestro.definitions.dataset`.
    """

    id: str
    repository: str | None = None
    distribution: str | None = None
    version: str | None = None
    name: str = ""
    description: str = ""
    url: str | None = None
    doi: str | None = None
    licence: str | None = None
    citation: str | None = None
    agreement: str | None = None
    languages: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    files: tuple[FileFacts, ...] = ()
    axes: Mapping[str, tuple[str, ...]] = {}
    size: int | None = None
    download_size: int | None = None
    source: str = ""
    kept: Mapping[str, tuple[str, str]] = {}
    place: str = ""

    @classmethod
    def of(cls, definition: DatasetDefinition) -> Entry:
        """Gather what a definition says."""
        from datamaestro.catalog.describe import describe

        return describe(definition)

    @property
    def type(self) -> str:
        """The class name of its data type; empty if that isn't known."""
        return self.types[0].rpartition(".")[2] if self.types else ""

    def texts_of(self, field: str) -> tuple[str, ...]:
        """Give what a field of one text or several says; nothing where it isn't known."""
        value: str | tuple[str, ...] | None = getattr(self, field)
        return (value,) if isinstance(value, str) else value or ()

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """The texts that are searched for words, beside the id and the name.

        These are the description, the tags, the tasks, and the axes with their values.
        """
        axes = (word for name, values in self.axes.items() for word in (name, *values))
        return self.description, " ".join(self.tags), " ".join(self.tasks), " ".join(axes)

    def to_json(self) -> dict[str, Any]:
        """Give it as an object of JSON; what isn't known is null."""
        facts = {name: None if value == "" else value for name, value in self._asdict().items()}
        del facts["kept"]
        return {**facts, "files": [file._asdict() for file in self.files]}


class Named(NamedTuple):
    """What is shown of one dataset among many.

    :param id: the dataset id
    :param repository: the id of its repository, or None
    :param name: its name, in a few words
    """

    id: str
    repository: str | None
    name: str

    @classmethod
    def of(cls, entry: Entry) -> Named:
        """Leave out all else that is known."""
        return cls(entry.id, entry.repository, entry.name)
