"""The catalog: what the installed repositories declare."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from datamaestro.catalog.declared import declarations
from datamaestro.catalog.entry import Entry, Named
from datamaestro.catalog.index import Index, IndexedDataset
from datamaestro.disk.latest import looked_up
from datamaestro.errors import PluginConflictError

if TYPE_CHECKING:
    from datamaestro.catalog.lookup import Finder
    from datamaestro.context import Context
    from datamaestro.definitions.dataset_definition import DatasetDefinition
    from datamaestro.identifiers import Identifier
    from datamaestro.project_repository import ProjectRepository
    from datamaestro.search import Condition

__all__ = ["Catalog"]

Answer = TypeVar("Answer")


class Catalog:
    """What the installed repositories of a context declare.

    It is an index on disk, which is checked each time (or once in a block of `looking_once`),
    and brought up to date if need be. Where there can be none, the repositories are read instead.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self._index: Index | None = None

    # --- all datasets

    def entries(self) -> Iterator[Entry]:
        """Give the entries of all datasets, in the order of their ids."""
        return self.search(None)

    def search(self, condition: Condition | None, limit: int | None = None) -> Iterator[Entry]:
        """Give the entries that a condition holds for, the best first; without one, all.

        Those whose ids have the words of the query come before others; without words,
        the order is that of the ids.

        :param limit: how many at the most
        :raises QueryError: if a regular expression takes too long
        """
        return self._search(condition, limit, Index.search, lambda entry: entry)

    def names(self, condition: Condition | None, limit: int | None = None) -> Iterator[Named]:
        """Give what is shown of the entries that :meth:`search` gives.

        That is a fraction of the work where they are many; parameters and errors are the same.
        """
        return self._search(condition, limit, Index.names, Named.of)

    def _search(
        self,
        condition: Condition | None,
        limit: int | None,
        ask: Callable[[Index, Condition | None, int | None], Iterator[Answer]],
        answer: Callable[[Entry], Answer],
    ) -> Iterator[Answer]:
        """Search the project, and then the index or else all repositories.

        :param ask: what asks the index
        :param answer: gives the same for an entry
        """
        bound = None if condition is None else condition.within(self.context)
        own = [item for item in self._of_project() if bound is None or bound.match(item)]
        yield from map(answer, islice(own, limit))
        limit = None if limit is None else max(0, limit - len(own))
        given = 0
        index = self._up_to_date()
        try:
            if index is not None:
                for item in ask(index, bound, limit):
                    given += 1
                    yield item
                return
        except sqlite3.DatabaseError:
            index = self._made(afresh=True)
        if index is None:
            from datamaestro.catalog.scan import scanned_search

            entries = scanned_search(self.context, bound, limit)
            yield from map(answer, islice(entries, given, None))
        else:
            yield from islice(ask(index, bound, limit), given, None)

    def ids(self) -> list[str]:
        """Give all dataset ids."""
        from datamaestro.catalog.scan import scanned_entries

        ids = self._ask(Index.ids, lambda: [item.id for item in scanned_entries(self.context)])
        return [*(entry.id for entry in self._of_project()), *ids]

    def _similar_ids(self, name: str) -> list[str]:
        """Give ids, among them those that look most like another one."""
        own = [entry.id for entry in self._of_project()]
        return [*own, *self._ask(lambda index: index.similar_ids(name), self.ids)]

    def _of_project(self) -> list[Entry]:
        """Give the entries of the project of the current directory, which no index has."""
        project = self._project()
        if project is None:
            return []
        from datamaestro.catalog.modules import working_entries

        return working_entries(project)

    def _project(self) -> ProjectRepository | None:
        """Give the project of the current directory; one that can't be used is warned about."""
        project = self.context.project_repository()
        try:
            return None if project is None else project.unless_installed()
        except PluginConflictError as error:
            self.context.plugins.warn(str(error))
            return None

    def repositories(self) -> list[tuple[str, str]]:
        """Give the id and the description of each repository that works."""
        try:
            index = self._warned(self._current())
            installed = None if index is None else index.repositories()
        except sqlite3.DatabaseError:
            installed = None
        if installed is None:  # that isn't worth importing all modules
            return [(item.id, item.description) for item in self.context.repositories()]
        project = self._project()
        own = [] if project is None else [(project.id, project.description)]
        return [*installed, *own]

    def left_out(self) -> list[str]:
        """Tell which modules of definitions are left out, and why, one line each."""
        return self._ask(Index.broken_units, list[str])

    def vocabulary(self, beginning: str) -> list[str]:
        """Give all words of the texts of datasets that begin with some characters."""
        from datamaestro.catalog.scan import scanned_words

        return self._ask(
            lambda index: index.vocabulary(beginning),
            lambda: scanned_words(self.context, beginning),
        )

    # --- one dataset

    def entry(self, identifier: Identifier) -> Entry:
        """Give the entry of one dataset; raises as :meth:`definition`."""
        found = self._ask(lambda index: self._datasets(index, identifier), list[IndexedDataset])
        if found:
            return self._preferred(identifier, found).entry
        definition = self.definition(identifier)
        entry = Entry.of(definition)
        for item in self.context.plugins.repositories:
            if item.spec.id == entry.repository:
                plugin = item.plugin
                return entry._replace(
                    distribution=plugin.distribution or None, version=plugin.version or None
                )
        return entry

    def definition(self, identifier: Identifier) -> DatasetDefinition:
        """Look one dataset up.

        :raises DatasetNotFoundError: if no repository has it, or a file that it names doesn't
            declare it
        :raises DatamaestroError: as :meth:`known`
        """
        found = self.known(identifier)
        if found is None:
            from datamaestro.catalog.lookup import not_found

            raise not_found(identifier, self._similar_ids(identifier.name))
        return found

    def known(self, identifier: Identifier) -> DatasetDefinition | None:
        """Look one dataset up, and suggest no other if no repository has it.

        :raises DatasetNotFoundError: if a file that it names doesn't declare it
        :raises AmbiguousDatasetError: if several have it, and the user prefers none of them
        :raises RepositoryNotFoundError: if the repository that it names isn't installed
        :raises DefinitionError: if the module that should hold it can't be imported
        """
        if identifier.file is not None:
            from datamaestro.definitions.files import find_in_file

            return find_in_file(Path(identifier.file), identifier.name)
        try:
            index = self._current()
            if index is not None:
                return self._indexed(index, identifier)
        except sqlite3.DatabaseError:
            self._index = None
        found = self._searched(identifier)
        if found is None:
            self._up_to_date()  # all was looked through: the next time, that is for the index
        return found

    def _indexed(self, index: Index, identifier: Identifier) -> DatasetDefinition | None:
        """Import the module that the index says, and no other."""
        found = self._datasets(index, identifier)
        if found:
            preferred = self._preferred(identifier, found)
            repository = self.context.repository(preferred.repository)
            definition = repository.find_in(preferred.module, identifier.name)
            if definition is not None:
                return definition
        elif not index.has_broken_modules():
            return self._undeclared(identifier)
        return self._searched(identifier)

    def _undeclared(self, identifier: Identifier) -> DatasetDefinition | None:
        """Ask the repositories for a dataset that the index knows nothing about."""
        name = identifier.name
        return self._first_found(identifier, lambda repository: repository.find_undeclared(name))

    def _searched(self, identifier: Identifier) -> DatasetDefinition | None:
        """Look where the id leads to, and then everywhere."""
        name = identifier.name
        return self._first_found(
            identifier,
            lambda repository: repository.find_by_path(name),
            lambda repository: repository.find_anywhere(name),
        )

    def _first_found(self, identifier: Identifier, *finders: Finder) -> DatasetDefinition | None:
        from datamaestro.catalog.lookup import first_found

        return first_found(self.context, identifier, finders)

    def _datasets(self, index: Index, identifier: Identifier) -> list[IndexedDataset]:
        """Give the datasets of that id: declared where it leads to, or failing that elsewhere.

        What a file declares is in no index.
        """
        if identifier.file is not None:
            return []
        found = index.datasets(identifier.name, identifier.repository)
        return [item for item in found if item.on_path] or found

    def _preferred(self, identifier: Identifier, found: list[IndexedDataset]) -> IndexedDataset:
        from datamaestro.catalog.lookup import preferred

        first = {item.repository: item for item in reversed(found)}
        return preferred(self.context, identifier, dict(sorted(first.items())))

    # --- the index

    def _ask(self, question: Callable[[Index], Answer], otherwise: Callable[[], Answer]) -> Answer:
        """Ask the index; a damaged one once more, when it is repaired."""
        index = self._up_to_date()
        if index is None:
            return otherwise()
        try:
            return question(index)
        except sqlite3.DatabaseError:
            index = self._made(afresh=True)
            return otherwise() if index is None else question(index)

    def _current(self) -> Index | None:
        """Give the index if it is up to date as it is."""
        index = self._index
        if index is None or not looked_up((index, "is current"), index.is_current):
            declared = declarations(self.context)
            self._index = Index.opened(self.context.index_folder, declared)
        return self._index

    def _up_to_date(self) -> Index | None:
        try:
            return self._warned(self._current() or self._made(afresh=False))
        except sqlite3.DatabaseError:
            return self._warned(self._made(afresh=True))

    def _warned(self, index: Index | None) -> Index | None:
        """Warn about what had to be left out, once in each process, whichever left it out."""
        for warning in [] if index is None else index.warnings():
            self.context.plugins.warn(warning)
        return index

    def _made(self, *, afresh: bool) -> Index | None:
        if afresh and self._index is not None:
            self._index.close()  # Windows replaces no open file
        self._index = Index.made(self.context.index_folder, self.context, afresh=afresh)
        return self._index
