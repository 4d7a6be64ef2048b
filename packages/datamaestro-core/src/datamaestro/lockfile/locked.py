"""What a lock file says about datasets, their resources, and what is fetched for these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from datamaestro.download.derivation import Derivation
from datamaestro.urls import masked

__all__ = ["LockedDataset", "LockedDownload", "LockedResource", "reference_of"]


def reference_of(dataset_id: str, repository: str | None) -> str:
    """Give the id of a dataset, after its repository's if it has one."""
    return dataset_id if repository is None else f"{repository}:{dataset_id}"


@dataclass(frozen=True)
class LockedDownload:
    """One file as it is served.

    :param urls: where it lies, the preferred URL first
    :param size: its number of bytes
    :param sha256: their digest
    """

    urls: tuple[str, ...]
    size: int
    sha256: str


@dataclass(frozen=True)
class LockedResource:
    """A resource of a dataset.

    :param name: its name
    :param fingerprint: what it was made from, as the state file keeps it
    :param path: where it ends in the dataset's folder
    :param size: the bytes that it takes there; None for one that has gone, being transient
    :param digest: ``sha256:`` and the digest of the file, or ``tree:`` and that of the folder
    :param transient: whether it goes once it isn't needed any more
    :param handler: what makes it, by the name that its plugin gives it, if a plugin does
    :param handler_plugin: that plugin's distribution
    :param arguments: what the handler is called with
    :param derivation: how it follows from the downloads, for those who have no handler
    :param downloads: what is fetched for it
    """

    name: str
    fingerprint: str
    path: str
    size: int | None = None
    digest: str | None = None
    transient: bool = False
    handler: str | None = None
    handler_plugin: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    derivation: Derivation | None = None
    downloads: tuple[LockedDownload, ...] = ()

    @property
    def needs_definition(self) -> bool:
        """Whether only those who have the definition can make it."""
        return self.handler is None and self.derivation is None


@dataclass(frozen=True)
class LockedDataset:
    """A dataset, or a variant of one.

    :param id: its canonical id
    :param folder: its folder below that of all data
    :param requested: whether it was asked for, and not only needed by another
    :param repository: the id of its repository, if it has one
    :param plugin: the distribution that declares it
    :param plugin_version: the version of that distribution
    :param variant: the values of its axes, without those that are None
    :param needs: the datasets that are prepared first, each as its `reference`
    :param agreements: the texts that users have to accept, by the ids of the agreements
    :param transports: the distributions that open its URLs, by the URLs' scheme
    :param resources: its resources, dependencies first
    """

    id: str
    folder: str
    requested: bool = False
    repository: str | None = None
    plugin: str | None = None
    plugin_version: str | None = None
    variant: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    agreements: dict[str, str] = field(default_factory=dict)
    transports: dict[str, str] = field(default_factory=dict)
    resources: tuple[LockedResource, ...] = ()

    @property
    def reference(self) -> str:
        """The id, after the repository's."""
        return reference_of(self.id, self.repository)

    @property
    def needs_definition(self) -> list[str]:
        """What can't be had without the definition: resources, or all, when it has no files."""
        if not (self.resources or self.needs):
            return ["all"]
        return [repr(item.name) for item in self.resources if item.needs_definition]

    @property
    def holds_secrets(self) -> bool:
        """Whether one of its URLs holds what lets someone in; without it, nothing is fetched."""
        downloads = (item for resource in self.resources for item in resource.downloads)
        return any(masked(url) != url for item in downloads for url in item.urls)
