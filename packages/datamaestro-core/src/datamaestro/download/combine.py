"""Resources that are made from other resources or datasets, without any download."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from datamaestro import identifiers
from datamaestro.checkers import Checker
from datamaestro.download.resource import Resource, ValueResource
from datamaestro.download.stored import FileResource, FolderResource, StoredResource, relative_name
from datamaestro.errors import DataDirectoryError, DefinitionError, QueryError
from datamaestro.location import definition_site

__all__ = ["FilesCopy", "reference"]


class FilesCopy(FolderResource):
    """Keeps some files of another resource, so that it can be transient.

    :param source: the resource that holds them: a folder
    :param files: the name of each file here, and its path in `source`
    :param name: see `Resource`
    :param transient: see `Resource`
    :param checker: verifies the finished folder
    :raises DefinitionError: if a name or path leads out of the folders
    """

    def __init__(
        self,
        source: StoredResource,
        files: Mapping[str, str],
        *,
        name: str | None = None,
        transient: bool = False,
        checker: Checker | None = None,
    ) -> None:
        super().__init__(name, transient=transient, checker=checker)
        folder = isinstance(source, Resource) and not isinstance(
            source, FileResource | ValueResource
        )
        if not folder or not isinstance(files, Mapping):
            raise DefinitionError(
                "there is no folder to copy files from",
                where=definition_site(),
                expected="FilesCopy(RESOURCE, {'name here': 'path in it'})",
                found=f"FilesCopy({source!r:.80}, {files!r:.80})",
            )
        self.source = source
        self.files = {relative_name(to): relative_name(origin) for to, origin in files.items()}
        places = {PurePosixPath(name.casefold()) for name in self.files}
        if len(places) < len(files) or any(places & set(place.parents) for place in places):
            raise DefinitionError(
                "two files would be copied to one place",
                where=definition_site(),
                expected="names that differ in more than case, none of them below another",
                found=", ".join(self.files),
            )

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint} {sorted(self.files.items())}"

    def _download(self, destination: Path) -> None:
        destination.mkdir()
        for name, origin in self.files.items():
            original, target = self.source.path / origin, destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(original, target)
            except OSError as error:
                if original.is_file():
                    raise  # it's about the disk, then
                raise DataDirectoryError(
                    f"{self.source.name} holds no file {origin!r} to copy", where=self.source.path
                ) from error


class reference(ValueResource):  # noqa: N801  (documented in lower case, as all decorators are)
    """Another dataset, prepared first, whose value this dataset uses.

    :param dataset: a dataset class, a dataset made from a function, or an id
    :param name: see `Resource`
    :param reference: the dataset, as version 1 spells it: ``reference(reference=Corpus)``,
        and ``reference("corpus", reference=Corpus)`` with the resource's name before it
    :param varname: what version 1 calls `name`
    :raises DefinitionError: if it is neither a dataset nor an id
    """

    def __init__(
        self,
        dataset: Any = None,
        *,
        name: str | None = None,
        reference: Any = None,
        varname: str | None = None,
    ) -> None:
        if reference is not None:
            name, dataset = name or dataset, reference
        super().__init__(name or varname)
        self.target = _checked(dataset)

    @property
    def datasets(self) -> tuple[Any, ...]:
        return (self.target,)

    @property
    def fingerprint(self) -> str:
        definition = getattr(self.target, "__dataset__", self.target)
        return f"{super().fingerprint} {getattr(definition, 'id', definition)}"

    def is_ready(self) -> bool:
        return not self.context.missing(self.target)

    def make(self) -> None:
        self.context.prepare(self.target, download=True)

    def prepare(self) -> Any:
        """Give the value of the other dataset."""
        return self.context.get(self.target)

    config = prepare


def _checked(dataset: Any) -> Any:
    """Give the dataset that a reference leads to.

    :raises DefinitionError: if it is neither a dataset nor an id
    """
    try:
        if isinstance(dataset, str) and identifiers.parse(dataset):
            return dataset
        if hasattr(getattr(dataset, "__dataset__", dataset), "add_resource"):
            return dataset
    except QueryError:
        pass
    raise DefinitionError(
        "a reference leads to no dataset",
        where=definition_site(),
        expected="a class or function that @dataset decorates, or a dataset id",
        found=f"{dataset!r:.80}",
    )
