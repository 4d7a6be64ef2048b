"""Definitions that are handed to other processes: by where they stand, as classes are.

What another process doesn't find so is of a session, or declared inside of a function. It stays
as it is: what can send functions themselves, such as cloudpickle, sends those definitions too.
"""

from __future__ import annotations

import importlib
import sys
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from datamaestro.definitions.decorated import declared_dataset
from datamaestro.definitions.files import import_file
from datamaestro.definitions.lone_files import path_of
from datamaestro.errors import DatasetNotFoundError

if TYPE_CHECKING:
    from datamaestro.definitions.dataset_definition import DatasetDefinition

__all__ = ["ImportPath", "import_path"]

_MAIN = "__main__"
_CALLED_MAIN = (_MAIN, "__mp_main__")
"""The names of the program's own module: in its own process, and in those that it starts."""


class ImportPath(NamedTuple):
    """Where a definition stands.

    :param module: the name of its module
    :param name: that of the function or class there
    :param file: that of the module, if it is the program itself or part of no package
    """

    module: str
    name: str
    file: Path | None

    def find(self, variant: dict[str, Any]) -> DatasetDefinition:
        """Give the definition that stands there, or that of a variant.

        :raises DatasetNotFoundError: if there is none
        :raises DefinitionError: if it is in a file that can't be imported
        """
        definition = _declared(self._imported(), self.name)
        if definition is None:
            where = self.file or self.module
            raise DatasetNotFoundError(f"no dataset {self.name!r} is declared", where=where)
        return definition.for_variant(variant)

    def _imported(self) -> ModuleType:
        if self.file is None:
            return importlib.import_module(self.module)
        program = sys.modules[_MAIN]
        if self.module == _MAIN and _file_of(program) == self.file:
            return program
        return import_file(self.file)


def import_path(definition: DatasetDefinition) -> ImportPath | None:
    """Give where a definition stands, if other processes find it there."""
    name, qualified = definition.target.__module__, definition.target.__qualname__
    module = sys.modules.get(name)
    found = None if module is None else _declared(module, qualified)
    if module is None or found is None or found.target is not definition.target:
        return None
    if name not in _CALLED_MAIN:
        return ImportPath(name, qualified, path_of(name))
    file = _file_of(module)
    return None if file is None else ImportPath(_MAIN, qualified, file)


def _declared(module: ModuleType, name: str) -> DatasetDefinition | None:
    try:
        return declared_dataset(attrgetter(name)(module))
    except AttributeError:
        return None


def _file_of(module: ModuleType) -> Path | None:
    """Give the file of a module; None for that of a session, which may be called ``<stdin>``."""
    file = Path(getattr(module, "__file__", None) or "<none>").resolve()
    return file if file.is_file() else None
