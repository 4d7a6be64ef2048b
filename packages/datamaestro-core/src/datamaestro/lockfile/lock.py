"""Lock files: which bytes datasets are made of, written down so that others get the same.

A lock file is TOML, sorted, the same for the same data on every platform::

    version = 1

    [[dataset]]
    id = "com.lecun.mnist"
    requested = true
    repository = "image"
    folder = "image/com/lecun/mnist"
    plugin = "datamaestro-image"
    plugin_version = "2026.11.0"

    [[dataset.resource]]
    name = "train_images"
    path = "train_images.idx"
    size = 47040016
    digest = "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    handler = "filedownloader"
    ...

    [dataset.resource.derivation]
    compressions = ["gzip"]
    kind = "joined"

    [[dataset.resource.download]]
    urls = ["https://…"]
    size = 9912422
    sha256 = "440f…"
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from datamaestro import identifiers
from datamaestro.disk.documents import read_toml
from datamaestro.disk.files import write_atomically
from datamaestro.download.derivation import Derivation, derivation_of
from datamaestro.errors import LockError, NotFoundError
from datamaestro.urls import masked
from datamaestro.user_paths import typed

__all__ = ["Lock", "LockedDataset", "LockedDownload", "LockedResource", "reference_of"]

VERSION = 1
_HEADER = "# Written by 'datamaestro lock', which also brings it up to date.\n\n"


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
        """Whether nobody can make it but who has the definition."""
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


@dataclass(frozen=True)
class Lock:
    """The content of a lock file.

    :param datasets: the datasets, in the order of their ids
    """

    datasets: tuple[LockedDataset, ...]

    @classmethod
    def load(cls, path: Path) -> Lock:
        """Read a lock file.

        :raises NotFoundError: if there is none
        :raises LockError: if it can't be read, or is of a later version
        """
        try:
            document = read_toml(path)
        except FileNotFoundError as error:
            raise NotFoundError(
                "there is no lock file",
                where=path,
                hint=f"'datamaestro lock -o {typed([str(path)])} ID…' writes it",
            ) from error
        except (OSError, ValueError) as error:
            raise LockError(
                f"can't be read: {error}",
                where=path,
                hint="correct it, or remove it and have 'datamaestro lock ID…' write it anew",
            ) from error
        if document.get("version") != VERSION:
            raise LockError(
                "of another version",
                where=path,
                expected=VERSION,
                found=document.get("version"),
                hint="upgrade datamaestro, or write it anew with 'datamaestro lock'",
            )
        try:
            return cls(tuple(map(_dataset, document.get("dataset", []))))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LockError(
                f"isn't as 'datamaestro lock' writes it: {error}", where=path
            ) from error

    def dumps(self) -> str:
        """Give the text of the lock file."""
        import tomli_w

        datasets = [_table(asdict(dataset)) for dataset in self.datasets]
        return _HEADER + tomli_w.dumps({"version": VERSION, "dataset": datasets})

    def write(self, path: Path) -> bool:
        """Write the lock file, unless it is as it should be; tell whether it was written.

        :raises DataDirectoryError: if it can't be written
        """
        text = self.dumps()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        write_atomically(path, text)
        return True

    def dataset(self, dataset_id: str, repository: str | None = None) -> LockedDataset:
        """Give a dataset by its id, perhaps after its repository's.

        :param dataset_id: an id; values of a selector may be left out as long as that fits
            one variant alone
        :param repository: the repository that counts, if several have that id
        :raises NotFoundError: if the lock doesn't have it, or several
        """
        wanted = identifiers.parse(dataset_id)
        found = [item for item in self.datasets if wanted.covers(identifiers.parse(item.reference))]
        if len(found) > 1:
            found = [item for item in found if item.repository == repository] or found
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFoundError(
                f"{dataset_id} is several datasets in the lock file",
                expected=" or ".join(item.reference for item in found),
            )
        raise NotFoundError(
            f"{dataset_id} isn't in the lock file",
            expected=", ".join(item.id for item in self.datasets) or "none: it is empty",
            hint="'datamaestro lock' writes it anew, for all ids that it is given",
        )

    def requested(self) -> list[LockedDataset]:
        """Give the datasets that were asked for."""
        return [dataset for dataset in self.datasets if dataset.requested]


# --- tables of TOML

_NAMES = {"resources": "resource", "downloads": "download"}


def _table(values: dict[str, Any]) -> dict[str, Any]:
    """Give a table without what isn't known, and without what is empty or false."""
    table: dict[str, Any] = {}
    for name, value in values.items():
        if name in _NAMES:
            if value:
                table[_NAMES[name]] = [_table(entry) for entry in value]
        elif value is not None and value is not False and value not in ((), {}):
            table[name] = list(value) if isinstance(value, tuple) else value
    return table


def _dataset(table: dict[str, Any]) -> LockedDataset:
    values = dict(table)
    resources = tuple(map(_resource, values.pop("resource", [])))
    needs = tuple(values.pop("needs", ()))
    _check_relative(values["folder"])
    return LockedDataset(**values, needs=needs, resources=resources)


def _resource(table: dict[str, Any]) -> LockedResource:
    values = dict(table)
    downloads = tuple(
        LockedDownload(tuple(item["urls"]), item["size"], item["sha256"])
        for item in values.pop("download", [])
    )
    derivation = values.pop("derivation", None)
    _check_relative(values["path"])
    return LockedResource(
        **values,
        derivation=None if derivation is None else derivation_of(derivation),
        downloads=downloads,
    )


def _check_relative(path: str) -> None:
    """Refuse a path that leads out of the folder of all data."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ":" in path or "\\" in path:
        raise TypeError(f"{path!r} isn't a path below the data directory")
