"""Contexts: where data live, and which settings and plugins hold.

A context is an explicit object; several with different paths live side by side.
Environment variables are read when they are asked for, never at import:

===========================  ==================================================
``DATAMAESTRO_DIR``          the data directory, when no path is given
``DATAMAESTRO_PATH``         read-only data directories of the site, searched first
``DATAMAESTRO_OFFLINE``      ``1``: open no connection
``DATAMAESTRO_MIRROR``       the base URL of a site mirror, tried first
``DATAMAESTRO_CONNECTIONS``  how many connections a host gets at once
``DATAMAESTRO_WAYBACK``      ``1``: a web archive may be asked when nothing else is left
``DATAMAESTRO_ACCEPT``       see :mod:`datamaestro.agreements`
===========================  ==================================================
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datamaestro import address, identifiers
from datamaestro.errors import (
    ParameterError,
    PluginConflictError,
    PluginError,
    RepositoryNotFoundError,
    TransportError,
)
from datamaestro.paths import DatafolderPath, ResolvablePath
from datamaestro.plugins.descriptors import PrepareRequest
from datamaestro.plugins.installed import index_folder
from datamaestro.plugins.manager import PluginManager
from datamaestro.progress import Progress, automatic_progress
from datamaestro.selector import format_selector
from datamaestro.utils import environment_flag
from datamaestro.variables import connection_limit, data_directory, site_mirror, web_archive

if TYPE_CHECKING:
    from datamaestro.catalog import Catalog
    from datamaestro.dataset_definition import DatasetDefinition
    from datamaestro.download.transport import Transport
    from datamaestro.plugins.descriptors import RepositorySpec, TransportSpec
    from datamaestro.plugins.provided import Provided
    from datamaestro.preparation.connections import Connections
    from datamaestro.preparation.plan import Plan
    from datamaestro.project import Project
    from datamaestro.project_repository import ProjectRepository
    from datamaestro.repository import Repository
    from datamaestro.settings import Settings, UserSettings
    from datamaestro.sites import Site

__all__ = [
    "Context",
    "DatafolderPath",
    "Repository",
    "ResolvablePath",
    "find_dataset",
    "get_dataset",
    "prepare_dataset",
]


class Context:
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
        self.path = data_directory() if path is None else Path(path).expanduser().absolute()
        self.keep_downloads = keep_downloads
        self.progress = automatic_progress() if progress is None else progress
        self._offline = offline
        self._site_given = site
        self._repositories: dict[str, Repository] = {}
        self._projects: dict[Project, ProjectRepository] = {}
        self._transports: dict[str, Transport] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Context({str(self.path)!r})"

    @staticmethod
    def instance() -> Context:
        """Give the context of the default data directory, always the same one for each."""
        path = data_directory()
        if path not in _instances:
            _instances[path] = Context(path)
        return _instances[path]

    # --- where things are

    @property
    def datapath(self) -> Path:
        """The folder of the prepared datasets."""
        return self.path / "data"

    @property
    def datapaths(self) -> list[Path]:
        """The folders of prepared datasets, in the order they are searched; its own is last."""
        return [directory / "data" for directory in (*self.site_directories, self.path)]

    @property
    def cachepath(self) -> Path:
        """The folder of downloads that are under way or kept."""
        return self.path / "cache"

    @cached_property
    def settings(self) -> Settings:
        """What all users of the data directory share, from its ``settings.json``."""
        from datamaestro.settings import Settings

        return Settings.load(self.path / "settings.json")

    @cached_property
    def user_settings(self) -> UserSettings:
        """What is the user's own, from ``user.json``."""
        from datamaestro.settings import UserSettings, user_settings_path

        return UserSettings.load(user_settings_path())

    @cached_property
    def _site(self) -> Site:
        from datamaestro.sites import Site

        return Site(self.path, self._site_given)

    @property
    def site_directories(self) -> list[Path]:
        """The read-only data directories that are searched before its own."""
        return self._site.directories(self.settings)

    def datafolder(self, name: str) -> Path | None:
        """Give the data folder that its settings name so, or else those of the site."""
        folder = self.settings.datafolders.get(name) or self._site.datafolder(name, self.settings)
        return None if folder is None else folder.expanduser()

    @property
    def offline(self) -> bool:
        """Whether connections are forbidden."""
        return environment_flag("DATAMAESTRO_OFFLINE") if self._offline is None else self._offline

    @property
    def mirror(self) -> str | None:
        """The base URL of the site mirror, if there is one."""
        return site_mirror()

    @cached_property
    def connections(self) -> Connections:
        """How many connections there are to each host, and may be.

        :raises SettingsError: if the environment or the settings give no such number
        """
        from datamaestro.preparation.connections import Connections

        return Connections(connection_limit(self.settings))

    @property
    def wayback(self) -> str | None:
        """The base URL of the web archive that is asked after all else, if one may be."""
        return web_archive(self.settings)

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
        project = self.project_repository()
        ids = [item.spec.id for item in self.plugins.repositories]
        for repository_id in dict.fromkeys(ids if project is None else [*ids, project.id]):
            try:
                yield self.repository(repository_id)
            except PluginConflictError as error:
                self.plugins.warn(str(error))
            except PluginError:
                continue  # the manager warned when it failed to load

    def repository(self, repository_id: str) -> Repository:
        """Give a repository by its id.

        :raises RepositoryNotFoundError: if no plugin provides it
        :raises PluginError: if the plugin that does is broken, or several do
        """
        project = self.project_repository()
        if project is not None and project.id == repository_id:
            return project.unless_installed()
        if repository_id not in self._repositories:
            provided = self.plugins.only(
                self.plugins.repositories,
                lambda spec: spec.id == repository_id,
                f"the repository {repository_id!r}",
            )
            if provided is None:
                known = ", ".join(item.spec.id for item in self.plugins.repositories)
                raise RepositoryNotFoundError(
                    f"no installed plugin provides the repository {repository_id!r}",
                    expected=known or "a plugin with repositories to be installed",
                    found=repository_id,
                )
            self._repositories[repository_id] = self._make_repository(provided)
        return self._repositories[repository_id]

    def project_repository(self) -> ProjectRepository | None:
        """Give the repository of the project of the current directory, if it lists datasets."""
        from datamaestro.project import nearest_project

        project = nearest_project(Path.cwd())
        if project is None:
            return None
        from datamaestro.project_repository import ProjectRepository

        if project not in self._projects:
            self._projects[project] = ProjectRepository(self, project)
        return self._projects[project]

    def _make_repository(self, provided: Provided[RepositorySpec]) -> Repository:
        from datamaestro.repository import Repository

        repository = self.plugins.load(provided)(self)
        if not isinstance(repository, Repository) or repository.id != provided.spec.id:
            raise PluginError(
                f"{provided.spec.target}, which {provided.plugin} provides, isn't as declared",
                expected=f"a datamaestro.Repository with NAMESPACE = {provided.spec.id!r}",
                found=repr(repository),
            )
        return repository

    def transport(self, url: str) -> Transport:
        """Give what opens URLs of the scheme of `url`.

        :raises TransportError: if no plugin does
        :raises PluginError: if the plugin that does is broken, or several do
        """
        scheme = urlsplit(url).scheme.lower()
        with self._lock:
            if scheme not in self._transports:
                provided: Provided[TransportSpec] | None = self.plugins.only(
                    self.plugins.transports,
                    lambda spec: scheme in spec.schemes,
                    f"the transport for {scheme}: URLs",
                )
                if provided is None:
                    raise TransportError(
                        f"no installed plugin fetches {scheme}: URLs",
                        where=url,
                        hint="install one that does; 'datamaestro plugins' lists those installed",
                    )
                self._transports[scheme] = self.plugins.load(provided)(self)
            return self._transports[scheme]

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

    def dataset(self, dataset_id: str) -> DatasetDefinition:
        """Look a dataset up by its id.

        :param dataset_id: an id, ``com.lecun.mnist``; ``repository:`` may stand before it,
            and the selector of a variant after it. That of a part gives the dataset
            that it is a part of
        :raises DatasetNotFoundError: if no repository has it; the message names the closest
        :raises QueryError: if it isn't an id at all, or there is no such variant
        """
        identifier, definition = address.find_family(self.catalog, identifiers.parse(dataset_id))
        selector = format_selector(identifier.selector)
        return definition.for_selector(selector) if selector else definition

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
        :raises ParameterError: if it has to be fetched and may not be
        :raises DatamaestroError: see :mod:`datamaestro.errors`
        """
        from datamaestro.preparation.operations import build, run, run_again
        from datamaestro.preparation.parts import part_of, wanted_parts

        if force and download is False:
            raise ParameterError(
                "what may not be fetched can't be fetched again",
                expected="force=True, or download=False",
                found="both",
            )
        found = address.find(self.catalog, dataset, variant)
        definition, parts = found.definition, wanted_parts(found.part, only)
        make = run_again if force else run
        request = PrepareRequest(
            definition,
            self,
            dict(definition.variant),
            download,
            build=lambda: part_of(build(definition, self), found.part),
            prepare=lambda: part_of(make(definition, self, parts), found.part),
            only=parts,
            force=force,
        )
        answer = self.plugins.prepare(request)
        if answer is not None:
            return answer
        return request.build() if download is False else request.prepare()

    def get(self, dataset: Any, *, variant: Mapping[str, Any] | None = None) -> Any:
        """Give a dataset's value, or a part of it, without fetching; its files may be missing."""
        from datamaestro.preparation.operations import build
        from datamaestro.preparation.parts import part_of

        found = address.find(self.catalog, dataset, variant)
        return part_of(build(found.definition, self), found.part)

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
        from datamaestro.preparation.operations import missing_resources
        from datamaestro.preparation.parts import wanted_parts

        found = address.find(self.catalog, dataset, variant)
        return missing_resources(found.definition, self, wanted_parts(found.part, only))

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
        from datamaestro.preparation.parts import wanted_parts
        from datamaestro.preparation.plan import plan

        found = address.find(self.catalog, dataset, variant)
        return plan(found.definition, self, wanted_parts(found.part, only))

    def folder(self, dataset: Any, *, variant: Mapping[str, Any] | None = None) -> Path:
        """Give the folder that a dataset is used from, whether it is there or not.

        That is one of the site if the dataset is complete there, and else its own.
        """
        from datamaestro.preparation.operations import prepared_folder

        return prepared_folder(address.find(self.catalog, dataset, variant).definition, self)

    def definition(self, dataset: Any) -> DatasetDefinition:
        """Give what is declared about a dataset: an id, or what ``@dataset`` decorates.

        :raises DatasetNotFoundError: if no repository has it
        """
        return address.find(self.catalog, dataset).definition


def __getattr__(name: str) -> Any:
    # Documented here; and what only reads the index has no use for it.
    if name == "Repository":
        from datamaestro.repository import Repository

        return Repository
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
    dataset_id: str, context: Context | str | os.PathLike[str] | None = None
) -> DatasetDefinition:
    """Look up what is declared about a dataset.

    :raises DatasetNotFoundError: if no installed repository has it
    """
    return _context(context).dataset(dataset_id)
