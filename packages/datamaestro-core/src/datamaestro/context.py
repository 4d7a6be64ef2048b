"""Contexts: where data live, and which settings and plugins hold.

A context is an explicit object; several with different paths live side by side.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamaestro.directories import Directories
from datamaestro.lazy import lazily
from datamaestro.plugins.installed import index_folder
from datamaestro.plugins.manager import PluginManager
from datamaestro.progress import Progress, automatic_progress
from datamaestro.repositories import Repositories
from datamaestro.transports import Transports
from datamaestro.variables import data_directory

if TYPE_CHECKING:
    from datamaestro.catalog import Catalog
    from datamaestro.definitions.dataset_definition import DatasetDefinition
    from datamaestro.download.transport import Transport
    from datamaestro.paths import DatafolderPath, ResolvablePath
    from datamaestro.preparation.plan import Plan
    from datamaestro.project_repository import ProjectRepository
    from datamaestro.repository import Repository

__all__ = [
    "Context",
    "DatafolderPath",
    "Repository",
    "ResolvablePath",
    "find_dataset",
    "get_dataset",
    "prepare_dataset",
]


class Context(Directories):
    """Where data live, and which settings and plugins hold.

    :param path: the data directory; by default ``DATAMAESTRO_DIR`` or ``~/datamaestro``
    :param offline: whether to open no connection; by default as ``DATAMAESTRO_OFFLINE`` says
    :param keep_downloads: whether downloads stay in the cache once they have been used
    :param progress: what is told about transfers; by default bars, on a terminal and in
        notebooks
    :param site: read-only data directories, searched before this one; by default those of
        ``DATAMAESTRO_PATH`` and of the settings
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        offline: bool | None = None,
        keep_downloads: bool = False,
        progress: Progress | None = None,
        site: Iterable[str | os.PathLike[str]] | None = None,
    ) -> None:
        super().__init__(path, offline=offline, site=site)
        self.keep_downloads = keep_downloads
        self.progress = automatic_progress() if progress is None else progress
        self._repositories = Repositories(self)
        self._transports = Transports(self)

    def __repr__(self) -> str:
        return f"Context({str(self.path)!r})"

    @staticmethod
    def instance() -> Context:
        """Give the context of the default data directory: the same object each time."""
        path = data_directory()
        known = _instances.get(path)
        return _instances.setdefault(path, Context(path)) if known is None else known

    # --- plugins

    @cached_property
    def index_folder(self) -> Path:
        """The folder of what is remembered about the installed plugins and their datasets."""
        return index_folder()

    @cached_property
    def plugins(self) -> PluginManager:
        """The installed plugins."""
        return PluginManager(self.index_folder)

    def repositories(self) -> Iterator[Repository]:
        """Give all repositories that work; a broken one is warned about and left out.

        The datasets that the project of the current directory lists come last.
        """
        return iter(self._repositories)

    def repository(self, repository_id: str) -> Repository:
        """Give a repository by its id.

        :raises RepositoryNotFoundError: if no plugin provides it
        :raises PluginError: if the plugin that does is broken, or several do
        """
        return self._repositories.get(repository_id)

    def installed_repository(self, repository_id: str) -> Repository:
        """Give a repository that a plugin provides, also if the project claims its id.

        :raises RepositoryNotFoundError: as :meth:`repository`
        :raises PluginError: as :meth:`repository`
        """
        return self._repositories.installed(repository_id)

    def project_repository(self) -> ProjectRepository | None:
        """Give the repository of the project of the current directory, if it lists datasets."""
        return self._repositories.of_project()

    def transport(self, url: str) -> Transport:
        """Give what opens URLs of the scheme of `url`.

        :raises TransportError: if no plugin does
        :raises PluginError: if the plugin that does is broken, or several do
        """
        return self._transports.get(url)

    # --- datasets

    @cached_property
    def catalog(self) -> Catalog:
        """The index of everything that the installed repositories declare."""
        from datamaestro.catalog import Catalog

        return Catalog(self)

    def datasets(self) -> Iterator[DatasetDefinition]:
        """Give all datasets of all repositories."""
        for repository in self.repositories():
            yield from repository

    def dataset(self, dataset: Any) -> DatasetDefinition:
        """Look up what is declared about a dataset.

        :param dataset: an id, ``com.lecun.mnist``; ``repository:`` may stand before it, and
            the selector of a variant after it. An id that goes on gives the dataset that it is a
            part of: whether its value has that part isn't looked at. Or what ``@dataset``
            decorates
        :raises DatasetNotFoundError: if no repository has it; the message names the closest
        :raises AmbiguousDatasetError: if several have it, and the user prefers none of them
        :raises QueryError: if it isn't an id at all, or there is no such variant
        :raises DefinitionError: if it is something else, or its definition is wrong
        """
        from datamaestro import address

        return address.find_dataset(self.catalog, dataset)

    def prepare(
        self,
        dataset: Any,
        *,
        variant: Mapping[str, Any] | None = None,
        only: Iterable[str] = (),
        download: bool | None = None,
        force: bool = False,
    ) -> Any:
        """Make a dataset's data ready, and give its value.

        :param dataset: an id, a dataset class, or a dataset made from a function. An id
            may choose a variant, ``org.example.corpus[lang=fr]``, and go on to a part of
            the value, ``com.lecun.mnist.test``: only this part is made ready, and given
        :param variant: the values of the axes, where `dataset` has no selector
        :param only: the parts of the value that are made ready, such as ``["test"]``;
            by default all. The whole value is given: the files of its other parts may be missing
        :param download: whether missing data may be fetched; False gives the value
            without looking whether they are there. By default they are fetched,
            unless a plugin such as an experiment manager takes over
        :param force: whether to fetch again what is there; it stays until all that
            replaces it is whole and verified
        :raises ParameterError: if `force` is given together with ``download=False``
        :raises DatamaestroError: see :mod:`datamaestro.errors`
        """
        from datamaestro import preparing

        return preparing.prepare(self, dataset, variant, only, download=download, force=force)

    def get(self, dataset: Any, *, variant: Mapping[str, Any] | None = None) -> Any:
        """Give a dataset's value, or a part of it, without fetching; its files may be missing."""
        from datamaestro import preparing

        return preparing.get(self, dataset, variant)

    def missing(
        self,
        dataset: Any,
        *,
        variant: Mapping[str, Any] | None = None,
        only: Iterable[str] = (),
    ) -> list[str]:
        """Give the names of the resources of a dataset that aren't there; changes nothing.

        Parameters are those of :meth:`prepare`.
        """
        from datamaestro import preparing

        return preparing.missing(self, dataset, variant, only)

    def plan(
        self,
        dataset: Any,
        *,
        variant: Mapping[str, Any] | None = None,
        only: Iterable[str] = (),
    ) -> Plan:
        """Tell what :meth:`prepare` would fetch, from where, and how much room it takes.

        Nothing is fetched or changed. Parameters are those of :meth:`prepare`.
        """
        from datamaestro import preparing

        return preparing.plan(self, dataset, variant, only)

    def folder(self, dataset: Any, *, variant: Mapping[str, Any] | None = None) -> Path:
        """Give the folder that a dataset is used from, whether it is there or not.

        That is one of the site if the dataset is complete there, and else its own.
        """
        from datamaestro import preparing

        return preparing.folder(self, dataset, variant)

    def definition(self, dataset: Any) -> DatasetDefinition:
        """Give what is declared about a dataset or, if it has variants, about one of them.

        Parameter and errors are those of :meth:`dataset`.

        :raises QueryError: if a variant has to be chosen, too
        """
        from datamaestro import address

        return address.find(self.catalog, dataset).definition


# Documented here; imported when asked for, since reading the index needs none of them.
__getattr__, __dir__ = lazily(
    __name__,
    {
        "datamaestro.paths": ("DatafolderPath", "ResolvablePath"),
        "datamaestro.repository": ("Repository",),
    },
)

_instances: dict[Path, Context] = {}


def _context(context: Context | str | os.PathLike[str] | None) -> Context:
    if context is None:
        return Context.instance()
    return context if isinstance(context, Context) else Context(context)


def prepare_dataset(
    dataset: Any,
    context: Context | str | os.PathLike[str] | None = None,
    *,
    variant: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    download: bool | None = None,
    force: bool = False,
) -> Any:
    """Make a dataset's data ready, and give its value.

    :param dataset: an id, a dataset class, or a dataset made from a function
    :param context: a context or the path of a data directory; by default the one
        that ``DATAMAESTRO_DIR`` names
    :param variant: see :meth:`Context.prepare`
    :param only: see :meth:`Context.prepare`
    :param download: see :meth:`Context.prepare`
    :param force: see :meth:`Context.prepare`
    :raises DatamaestroError: see :mod:`datamaestro.errors`
    """
    return _context(context).prepare(
        dataset, variant=variant, only=only, download=download, force=force
    )


def get_dataset(
    dataset: Any,
    context: Context | str | os.PathLike[str] | None = None,
    *,
    variant: Mapping[str, Any] | None = None,
) -> Any:
    """Give a dataset's value without fetching anything; its files may be missing.

    Parameters and errors are those of :func:`prepare_dataset`.
    """
    return _context(context).get(dataset, variant=variant)


def find_dataset(
    dataset: Any, context: Context | str | os.PathLike[str] | None = None
) -> DatasetDefinition:
    """Look up what is declared about a dataset; see :meth:`Context.dataset`.

    :param dataset: an id, a dataset class, or a dataset made from a function
    :param context: see :func:`prepare_dataset`
    :raises DatasetNotFoundError: if no installed repository has it
    :raises DatamaestroError: as :meth:`Context.dataset`
    """
    return _context(context).dataset(dataset)
