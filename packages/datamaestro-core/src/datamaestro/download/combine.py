"""Resources that are made from other resources or datasets, without any download."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datamaestro.download.resource import FolderResource, StoredResource, ValueResource
from datamaestro.errors import DataDirectoryError

__all__ = ["FilesCopy", "reference"]


class FilesCopy(FolderResource):
    """Keeps some files of another resource, so that it can be transient.

    :param source: the resource that holds them: a folder
    :param files: the name of each file here, and its path in `source`
    :param name: see `Resource`
    """

    def __init__(
        self, source: StoredResource, files: Mapping[str, str], *, name: str | None = None
    ) -> None:
        super().__init__(name)
        self.source = source
        self.files = dict(files)

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint} {self.source.fingerprint} {sorted(self.files.items())}"

    def _download(self, destination: Path) -> None:
        for name, origin in self.files.items():
            path = self.source.path / origin
            if not path.is_file():
                raise DataDirectoryError(
                    f"{self.source.name} holds no file {origin!r} to copy", where=self.source.path
                )
            target = destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


class reference(ValueResource):  # noqa: N801  (documented in lower case, as all decorators are)
    """Another dataset, prepared first, whose value this dataset uses.

    :param dataset: a dataset class, a dataset made from a function, or an id
    :param name: see `Resource`
    """

    def __init__(self, dataset: Any, *, name: str | None = None) -> None:
        super().__init__(name)
        self.target = dataset

    @property
    def datasets(self) -> tuple[Any, ...]:
        return (self.target,)

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint} {getattr(self.target, 'id', self.target)}"

    def is_ready(self) -> bool:
        return not self.context.missing(self.target)

    def make(self) -> None:
        self.context.prepare(self.target, download=True)

    def prepare(self) -> Any:
        """Give the value of the other dataset."""
        return self.context.get(self.target)

    config = prepare
