"""The repositories of a context: those of the installed plugins, and the project's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.disk.latest import looked_up
from datamaestro.errors import PluginConflictError, PluginError, RepositoryNotFoundError
from datamaestro.project import nearest_project

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.plugins.descriptors import RepositorySpec
    from datamaestro.plugins.provided import Provided
    from datamaestro.project import Project
    from datamaestro.project_repository import ProjectRepository
    from datamaestro.repository import Repository

__all__ = ["Repositories"]


class Repositories:
    """The repositories of a context, each made when it is first asked for.

    A copy, as for another process, makes them itself.

    :param context: that one
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._installed: dict[str, Repository] = {}
        self._of_projects: dict[Project, ProjectRepository] = {}

    def __reduce__(self) -> tuple[type[Repositories], tuple[Context]]:
        return Repositories, (self.context,)

    def __iter__(self) -> Iterator[Repository]:
        """Give those that work, the project's last; a broken one is warned about."""
        plugins = self.context.plugins
        project = self.of_project()
        ids = [item.spec.id for item in plugins.repositories]
        for repository_id in dict.fromkeys(ids if project is None else [*ids, project.id]):
            try:
                yield self._one(repository_id, project)
            except PluginConflictError as error:
                plugins.warn(str(error))
            except PluginError:
                continue  # the manager has warned

    def get(self, repository_id: str) -> Repository:
        """Give one by its id.

        :raises RepositoryNotFoundError: if no plugin provides it
        :raises PluginError: if the plugin that does is broken, or several do
        """
        return self._one(repository_id, self.of_project())

    def installed(self, repository_id: str) -> Repository:
        """Give what a plugin provides, whatever the project claims; raises as :meth:`get`."""
        if repository_id not in self._installed:
            self._installed[repository_id] = self._make(self._provided(repository_id))
        return self._installed[repository_id]

    def of_project(self) -> ProjectRepository | None:
        """Give that of the project of the current directory, if it lists datasets."""
        try:
            folder = Path.cwd()
        except FileNotFoundError:  # the directory was removed under a running process
            return None
        # Its file lies in one of the folders above, and each of these is looked at.
        project = looked_up((folder, "project"), lambda: nearest_project(folder))
        if project is None:
            return None
        from datamaestro.project_repository import ProjectRepository

        if project not in self._of_projects:
            self._of_projects[project] = ProjectRepository(self.context, project)
        return self._of_projects[project]

    def _one(self, repository_id: str, project: ProjectRepository | None) -> Repository:
        """Give the project's, if it has that id, or else what a plugin provides."""
        if project is not None and project.id == repository_id:
            return project.unless_installed()
        return self.installed(repository_id)

    def _provided(self, repository_id: str) -> Provided[RepositorySpec]:
        plugins = self.context.plugins
        provided = plugins.only(
            plugins.repositories,
            lambda spec: spec.id == repository_id,
            f"the repository {repository_id!r}",
        )
        if provided is None:
            known = ", ".join(item.spec.id for item in plugins.repositories)
            raise RepositoryNotFoundError(
                f"no installed plugin provides the repository {repository_id!r}",
                expected=known or "a plugin with repositories to be installed",
                found=repository_id,
            )
        return provided

    def _make(self, provided: Provided[RepositorySpec]) -> Repository:
        from datamaestro.repository import Repository

        plugins, spec, plugin = self.context.plugins, provided.spec, provided.plugin
        repository_class = plugins.load(provided)
        with plugins.blamed(plugin, f"{spec.target}, which {plugin} provides, doesn't work"):
            if isinstance(repository_class, type) and not issubclass(repository_class, Repository):
                raise TypeError(
                    f"expected a class derived from datamaestro.Repository, "
                    f"found {repository_class!r}"
                )
            repository = repository_class(self.context)
            if not isinstance(repository, Repository) or repository.id != spec.id:
                raise TypeError(
                    f"expected a datamaestro.Repository with NAMESPACE = {spec.id!r}, "
                    f"found {repository!r}"
                )
            if not isinstance(repository.description, str):
                raise TypeError(f"expected a text, found {repository.description!r:.80}")
            if not isinstance(repository.configdir, Path):
                raise TypeError(f"expected a Path, found {repository.configdir!r:.80}")
        return repository
