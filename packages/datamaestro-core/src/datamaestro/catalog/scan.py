"""The catalog, read from the repositories themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.catalog.entry import Entry
from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.definition_files import find_in_file
from datamaestro.errors import DatasetNotFoundError
from datamaestro.identifiers import Identifier, closest
from datamaestro.repository import Repository

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.search import Condition

__all__ = ["Catalog"]


class Catalog:
    """What the installed repositories of a context declare."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def entries(self) -> Iterator[Entry]:
        """Give the entries of all datasets, in the order of repositories and ids."""
        for repository in self.context.repositories():
            found = sorted(repository, key=lambda definition: definition.id)
            yield from map(Entry.of, found)

    def search(self, condition: Condition) -> Iterator[Entry]:
        """Give the entries that a condition holds for."""
        return filter(condition.match, self.entries())

    def ids(self) -> list[str]:
        """Give all dataset ids."""
        return [definition.id for definition in self.context.datasets()]

    def entry(self, identifier: Identifier) -> Entry:
        """Give the entry of one dataset; raises as :meth:`definition`."""
        return Entry.of(self.definition(identifier))

    def definition(self, identifier: Identifier) -> DatasetDefinition:
        """Look one dataset up.

        :raises DatasetNotFoundError: if no repository has it, or several do and the
            user prefers none of them; or if a file that it names doesn't declare it
        :raises RepositoryNotFoundError: if the repository that it names isn't installed
        :raises DefinitionError: if the module that should hold it can't be imported
        """
        if identifier.file is not None:
            return find_in_file(Path(identifier.file), identifier.name)
        if identifier.repository is not None:
            repositories = [self.context.repository(identifier.repository)]
        else:
            repositories = list(self.context.repositories())
        for find in (Repository.find_by_path, Repository.find_anywhere):
            found = [(r, d) for r in repositories if (d := find(r, identifier.name)) is not None]
            if found:
                return self._preferred(identifier, dict(found))
        raise self._not_found(identifier, repositories)

    def _preferred(
        self, identifier: Identifier, found: dict[Repository, DatasetDefinition]
    ) -> DatasetDefinition:
        by_id = {repository.id: definition for repository, definition in found.items()}
        if len(by_id) == 1:
            return next(iter(by_id.values()))
        default = self.context.user_settings.default_repository
        if default in by_id:
            return by_id[default]
        raise DatasetNotFoundError(
            f"several repositories have a dataset {identifier.name!r}",
            found=", ".join(by_id),
            hint=f"write {next(iter(by_id))}:{identifier.name}, or set 'default_repository' "
            "in user.json",
        )

    def _not_found(
        self, identifier: Identifier, repositories: list[Repository]
    ) -> DatasetNotFoundError:
        distribution = published_datasets().get(identifier.name)
        if distribution is not None:
            return DatasetNotFoundError(
                f"no installed repository has a dataset {identifier.name!r}",
                hint=f"{distribution} provides it: pip install {distribution}",
            )
        known = [definition.id for repository in repositories for definition in repository]
        near = closest(identifier.name, [*known, *published_datasets()])
        return DatasetNotFoundError(
            f"no installed repository has a dataset {identifier.name!r}",
            hint=f"did you mean {' or '.join(near)}?"
            if near
            else "'datamaestro search' lists what there is",
        )


def published_datasets() -> dict[str, str]:
    """Give the datasets that published plugins provide: id to distribution.

    They are data, not knowledge of the kernel: the file is written from the
    repositories of this workspace, to tell users what to install.
    """
    text = (files("datamaestro.catalog") / "published.json").read_text(encoding="utf-8")
    published: dict[str, list[str]] = json.loads(text)
    return {item: distribution for distribution, ids in published.items() for item in ids}
