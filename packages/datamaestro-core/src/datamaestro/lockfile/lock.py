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

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from datamaestro import identifiers
from datamaestro.data.parameters import arguments_of, check_parameters
from datamaestro.disk.documents import read_toml
from datamaestro.disk.files import write_atomically
from datamaestro.download.derivation import Derivation, Unpacked, derivation_of, path_inside
from datamaestro.errors import LockError, NotFoundError
from datamaestro.identifiers import Identifier
from datamaestro.lockfile.locked import LockedDataset, LockedDownload, LockedResource
from datamaestro.user_paths import typed

__all__ = ["Lock"]

T = TypeVar("T")

VERSION = 1
_HEADER = "# Written by 'datamaestro lock', which also brings it up to date.\n\n"


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
        except OSError as error:
            raise LockError(
                f"can't be read: {error.strerror or error}",
                where=path,
                hint="get the right to read it, or name another lock file",
            ) from error
        except ValueError as error:
            raise LockError(
                f"can't be read: {error}",
                where=path,
                hint="correct it; or remove it, and write it again with "
                f"'datamaestro lock -o {typed([str(path)])} ID…'",
            ) from error
        if document.get("version") != VERSION:
            raise LockError(
                "of another version",
                where=path,
                expected=VERSION,
                found=document.get("version"),
                hint="upgrade datamaestro; or remove it, and write it again with "
                f"'datamaestro lock -o {typed([str(path)])} ID…'",
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
        known = self._by_name.get(wanted.name, [])
        found = [item for identifier, item in known if wanted.covers(identifier)]
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
            hint="'datamaestro lock -o FILE ID…' writes it again, for all ids that it is given",
        )

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[Identifier, LockedDataset]]]:
        """The datasets, and how they are referred to, by the ids without selectors."""
        found: dict[str, list[tuple[Identifier, LockedDataset]]] = {}
        for dataset in self.datasets:
            identifier = identifiers.parse(dataset.reference)
            found.setdefault(identifier.name, []).append((identifier, dataset))
        return found

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
    dataset = _checked(LockedDataset, {**values, "resources": resources})
    _check_relative(dataset.folder)
    return dataset


def _resource(table: dict[str, Any]) -> LockedResource:
    values = dict(table)
    values["downloads"] = tuple(map(_download, values.pop("download", [])))
    if "derivation" in values:
        values["derivation"] = _derivation(values["derivation"])
    resource = _checked(LockedResource, values)
    _check_relative(resource.path)
    return resource


def _derivation(table: dict[str, Any]) -> Derivation:
    found = derivation_of(table)
    told = {name: value for name, value in vars(found).items() if name != "kind"}
    derivation = _checked(type(found), told)
    if isinstance(derivation, Unpacked):
        path_inside(derivation.subpath)
    return derivation


def _download(table: dict[str, Any]) -> LockedDownload:
    download = _checked(LockedDownload, table)
    if not download.urls:
        raise TypeError("a download has no URL")
    return download


def _checked(cls: type[T], values: dict[str, Any]) -> T:
    """Make an object of a class from what a table holds.

    :raises TypeError: if a value is missing, is of none of its fields, or of another type
    """
    taken = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return cls(**check_parameters(cls, taken, *arguments_of(cls)))


def _check_relative(path: str) -> None:
    """Refuse a path that leads out of the folder of all data."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ":" in path or "\\" in path:
        raise TypeError(f"{path!r} isn't a path below the data directory")
