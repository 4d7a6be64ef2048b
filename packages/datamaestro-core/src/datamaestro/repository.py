"""Repositories: named collections of datasets, one module of definitions or more.

Definitions lie in the ``config`` package beside the repository's class. Since
the id of a dataset follows the path of its module, looking one up usually
imports a single file.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar

from datamaestro.dataset_definition import DatasetDefinition
from datamaestro.definition_modules import definitions_in, guarded, named
from datamaestro.errors import DatamaestroError

if TYPE_CHECKING:
    from datamaestro.catalog import Entry
    from datamaestro.context import Context

__all__ = ["Repository", "left_out"]


class Repository:
    """A collection of datasets; a plugin derives one class from it.

    :cvar NAMESPACE: the repository's id
    :cvar DESCRIPTION: what it holds, in one line
    :cvar AUTHOR: who keeps it
    """

    NAMESPACE: ClassVar[str] = ""
    DESCRIPTION: ClassVar[str] = ""
    AUTHOR: ClassVar[str] = ""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.broken: dict[str, Exception] = {}

    def __repr__(self) -> str:
        return f"<repository {self.id} ({type(self).__module__})>"

    @property
    def id(self) -> str:
        """What users write, and the name of its folder in the data directory."""
        return self.NAMESPACE

    @property
    def name(self) -> str:
        """The id."""
        return self.NAMESPACE

    @property
    def description(self) -> str:
        """What it holds, in one line."""
        return self.DESCRIPTION.strip()

    @property
    def namespace(self) -> PurePosixPath:
        """The folder of its datasets, in the folder of all data."""
        return PurePosixPath(self.id)

    @property
    def datapath(self) -> Path:
        """The folder of its datasets in the data directory."""
        return self.context.datapath / self.namespace

    @classmethod
    def version(cls) -> str | None:
        """Give the version of the distribution that ships it, if there is one."""
        from importlib.metadata import PackageNotFoundError, packages_distributions, version

        package = cls.__module__.partition(".")[0]
        for distribution in packages_distributions().get(package, [package]):
            try:
                return version(distribution)
            except PackageNotFoundError:
                continue
        return None

    @property
    def configdir(self) -> Path:
        """The folder of its definitions."""
        return Path(inspect.getfile(type(self))).parent / "config"

    @property
    def configpackage(self) -> str:
        """The package of its definitions."""
        module = importlib.import_module(type(self).__module__)
        package = module.__name__ if hasattr(module, "__path__") else module.__package__
        return f"{package}.config"

    # --- datasets

    def __iter__(self) -> Iterator[DatasetDefinition]:
        """Give all datasets; a module that can't be imported is warned about and left out."""
        for name in self.modules():
            yield from self._guarded(name)

    # --- datasets that no module declares

    def entries(self) -> Iterable[Entry]:
        """Give the entries of datasets that no module declares, such as those of a hub.

        They are put into the index as they come, so there may be a million. They are
        asked for again when one of :meth:`entry_files` changed, or the distribution did;
        :meth:`define` makes the definition of one.
        """
        return ()

    def entry_files(self) -> Iterable[Path]:
        """Give the files that :meth:`entries` reads."""
        return ()

    def define(self, dataset_id: str) -> DatasetDefinition | None:  # noqa: ARG002
        """Make the definition of a dataset that no module declares; None if there is none.

        It has the id that was asked for, or has it as an alias.
        """
        return None

    # --- looking one up

    def find(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up by its id or an alias, importing as few modules as possible.

        :raises DefinitionError: if the module that should hold it can't be imported
        """
        return self.find_by_path(dataset_id) or self.find_anywhere(dataset_id)

    def find_by_path(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in the modules that its id points to; raises as :meth:`find`."""
        modules = self._modules_on_path(dataset_id)
        return named(dataset_id, (item for name in modules for item in self.definitions(name)))

    def find_in(self, module: str | None, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up where it was declared before.

        :param module: the module of definitions; None for one that no module declares
        :raises DefinitionError: if the module can't be imported
        """
        if module is None:
            return self._defined(dataset_id)
        return named(dataset_id, iter(self.definitions(module)))

    def find_anywhere(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in all modules and beside them; what is broken is left out."""
        return named(dataset_id, iter(self)) or self.find_undeclared(dataset_id)

    def find_undeclared(self, dataset_id: str) -> DatasetDefinition | None:
        """Look up a dataset that no index has; one that can't be defined is left out."""
        with left_out(self):
            return self._defined(dataset_id)
        return None

    def _defined(self, dataset_id: str) -> DatasetDefinition | None:
        with guarded(type(self).__module__, f"{dataset_id} can't be defined"):
            definition = self.define(dataset_id)
            if definition is None:
                return None
            if named(dataset_id, iter([definition])) is None:
                raise definition.error(
                    "another dataset was asked for", expected=dataset_id, found=definition.id
                )
            definition.validate()
            return self._owned(definition)

    def _owned(self, definition: DatasetDefinition) -> DatasetDefinition:
        definition.repository = self.id
        definition.namespace = self.namespace
        return definition

    def modules(self) -> list[str]:
        """Give the names of its modules of definitions, imported or not."""
        return list(self.module_files())

    def module_files(self) -> dict[str, str]:
        """Give the paths of its modules of definitions, by the names of these."""
        package = self.configpackage
        found = {}
        for folder, folders, files in os.walk(self.configdir):
            folders[:] = sorted(name for name in folders if name.isidentifier())
            below = ".".join([package, *Path(folder).relative_to(self.configdir).parts])
            for file in sorted(files):
                name, suffix = os.path.splitext(file)  # noqa: PTH122  (there may be many)
                if suffix == ".py" and name.isidentifier():
                    module = below if name == "__init__" else f"{below}.{name}"
                    found[module] = os.path.join(folder, file)  # noqa: PTH118  (as above)
        return dict(sorted(found.items()))

    def definitions(self, module: str) -> list[DatasetDefinition]:
        """Import a module of definitions and give what it declares.

        :raises DefinitionError: if it can't be imported, or one of its definitions is wrong
        """
        with guarded(module):
            return [self._owned(found) for found in self.import_definitions(module)]

    def import_definitions(self, module: str) -> list[DatasetDefinition]:
        """Import a module, one of :meth:`modules`, and give what it declares."""
        return definitions_in(importlib.import_module(module))

    def _guarded(self, module: str) -> list[DatasetDefinition]:
        if module in self.broken:
            return []
        with left_out(self):
            try:
                return self.definitions(module)
            except DatamaestroError as error:
                self.broken[module] = error
                raise
        return []

    def _modules_on_path(self, dataset_id: str) -> list[str]:
        """Give the modules that an id points to, the deepest first."""
        parts = [part.replace("-", "_") for part in dataset_id.split(".")]
        found = []
        for length in range(len(parts), -1, -1):
            path = self.configdir.joinpath(*parts[:length])
            if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
                found.append(".".join([self.configpackage, *parts[:length]]))
        return found


@contextmanager
def left_out(repository: Repository) -> Iterator[None]:
    """Warn about what is wrong inside the block with a part of a repository, and go on."""
    try:
        yield
    except DatamaestroError as error:
        repository.context.plugins.warn(f"left out of repository {repository.id}: {error}")
