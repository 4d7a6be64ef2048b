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
from functools import cached_property
from itertools import accumulate
from operator import truediv
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.modules import Declared, declared_in, guarded, named, once_each
from datamaestro.disk.latest import looked_up
from datamaestro.errors import DatamaestroError

if TYPE_CHECKING:
    from datamaestro.catalog import Entry
    from datamaestro.context import Context

__all__ = ["Repository"]


class Repository:
    """A collection of datasets; a plugin derives one class from it.

    :cvar NAMESPACE: the repository's id
    :cvar DESCRIPTION: what it holds, in one line
    :cvar AUTHOR: who keeps it
    :ivar broken: what has been left out so far, by its module or id: the errors
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
        return self.id

    @property
    def description(self) -> str:
        """What it holds, in one line."""
        return self.DESCRIPTION.strip()

    @cached_property
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
        """Give all datasets that modules declare; what is wrong is warned about and left out."""
        for item in self.declared():
            with self.left_out(item.definition.id):
                yield item.usable()

    def declared(self) -> Iterable[Declared]:
        """Give what all modules declare, right or wrong.

        A module that can't be imported is warned about and left out.
        """
        for module in self._module_names():
            with self.left_out(module):
                yield from self.declared_in(module)

    def declared_in(self, module: str) -> list[Declared]:
        """Import one of :meth:`modules` and give what it declares, right or wrong.

        :raises DefinitionError: if it can't be imported
        """
        with guarded(module):
            return once_each(map(self.owned, declared_in(self.import_module(module))))

    def import_module(self, module: str) -> ModuleType:
        """Import one of :meth:`modules`; raises what that raises."""
        return importlib.import_module(module)

    def owned(self, definition: DatasetDefinition) -> DatasetDefinition:
        """Give a definition that knows whose it is."""
        definition.repository = self.id
        definition.namespace = self.namespace
        return definition

    @contextmanager
    def left_out(self, name: str) -> Iterator[None]:
        """Warn about what goes wrong inside the block with a part of it, and go on.

        :param name: the part: a module, or the id of a dataset
        """
        try:
            yield
        except DatamaestroError as error:
            self.broken[name] = error
            self.context.plugins.warn(f"left out of repository {self.id}: {error}")

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

        :raises DefinitionError: if the module that should hold it can't be imported, or its
            definition is wrong
        """
        return self.find_by_path(dataset_id) or self.find_anywhere(dataset_id)

    def find_by_path(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in the modules that its id points to; raises as :meth:`find`."""
        modules = self._modules_on_path(dataset_id)
        return named(dataset_id, (item for name in modules for item in self.declared_in(name)))

    def find_in(self, module: str | None, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up where it was declared before; raises as :meth:`find`.

        :param module: the module of definitions; None for one that no module declares
        """
        if module is None:
            return self._defined(dataset_id)
        declared = looked_up((self, "declares", module), lambda: self.declared_in(module))
        return named(dataset_id, declared)

    def find_anywhere(self, dataset_id: str) -> DatasetDefinition | None:
        """Look a dataset up in all modules that can be imported, and beside them.

        :raises DefinitionError: if its definition is wrong
        """
        return named(dataset_id, self.declared()) or self.find_undeclared(dataset_id)

    def find_undeclared(self, dataset_id: str) -> DatasetDefinition | None:
        """Look up a dataset that no index has; one that can't be defined is left out."""
        with self.left_out(dataset_id):
            return self._defined(dataset_id)
        return None

    def _defined(self, dataset_id: str) -> DatasetDefinition | None:
        with guarded(type(self).__module__, f"{dataset_id} can't be defined"):
            definition = self.define(dataset_id)
            if definition is None:
                return None
            if not definition.is_named(dataset_id):
                raise definition.error(
                    "another dataset was asked for", expected=dataset_id, found=definition.id
                )
            definition.validate()
            return self.owned(definition)

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

    def _module_names(self) -> list[str]:
        """Give what :meth:`modules` gives; nothing, with a warning, if a plugin's own fails."""
        with self.left_out("modules"), guarded(type(self).__module__, "modules can't be told"):
            return self.modules()
        return []

    def _modules_on_path(self, dataset_id: str) -> list[str]:
        """Give the modules that an id points to, the deepest first.

        The disk is asked for each, since listing all modules takes long where there are many.
        """
        parts = dataset_id.replace("-", "_").split(".")
        folders = accumulate(parts, truediv, initial=self.configdir)
        modules = accumulate(parts, "{}.{}".format, initial=self.configpackage)
        found = []
        for folder, module in zip(folders, modules, strict=True):
            if folder.with_suffix(".py").is_file() or (folder / "__init__.py").is_file():
                found.append(module)
            if not folder.is_dir():
                break
        return found[::-1]
