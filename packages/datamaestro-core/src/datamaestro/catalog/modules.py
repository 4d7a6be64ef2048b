"""The files that a repository's entries come from, and how its modules are read for them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from datamaestro.catalog.entry import Entry
from datamaestro.data.parameters import check_parameters
from datamaestro.definitions.modules import Declared, declared_in, guarded, once_each
from datamaestro.disk.freshness import Stamp, stamp
from datamaestro.errors import DatamaestroError, ParameterError

if TYPE_CHECKING:
    from datamaestro.repository import Repository

__all__ = ["Files", "entries_of", "files_of", "undeclared_entries", "working_entries"]


class Files(NamedTuple):
    """The files of a repository, as they are.

    :param modules: those of its modules of definitions, by the module's name
    :param folders: the folders that these lie in; new ones may appear there
    :param others: what any of its entries may depend on
    """

    modules: dict[str, tuple[str, Stamp]]
    folders: dict[str, Stamp]
    others: dict[str, Stamp]


def files_of(repository: Repository) -> Files:
    """Look at the files of a repository."""
    folders, others = {}, {}
    modules = {name: (path, stamp(path)) for name, path in repository.module_files().items()}
    for folder, names, found in os.walk(repository.configdir):
        names[:] = [name for name in names if name != "__pycache__"]
        folders[folder] = stamp(folder)
        paths = (os.path.join(folder, name) for name in found)  # noqa: PTH118
        others.update({path: stamp(path) for path in paths if not path.endswith((".py", ".pyc"))})
    others.update({path: stamp(path) for path in _sources(repository)})
    others.update({str(path): stamp(str(path)) for path in repository.entry_files()})
    return Files(modules, folders or {str(repository.configdir): None}, others)


def _sources(repository: Repository) -> Iterator[str]:
    """Give the modules beside the definitions: data types and tools that these use."""
    package = repository.configdir.parent
    own = sys.modules[type(repository).__module__].__file__
    if own is not None:
        yield own
    if not (package / "__init__.py").is_file():
        return
    for folder, names, files in os.walk(package):
        names[:] = [name for name in names if Path(folder, name) != repository.configdir]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".py"))  # noqa: PTH118


def entries_of(repository: Repository, module: str) -> tuple[list[Entry], list[DatamaestroError]]:
    """Read what a module of definitions declares, as its file is now.

    :return: the entries, and the errors of the definitions that have none
    :raises DefinitionError: if it can't be imported
    """
    with guarded(module):
        declared = once_each(map(repository.owned, declared_in(_as_it_is(module))))
    entries, errors = [], []
    for item in declared:
        try:
            entries.append(_entry_of(item))
        except DatamaestroError as error:
            errors.append(error)
    return entries, errors


def _entry_of(declared: Declared) -> Entry:
    """Describe a dataset.

    :raises DatamaestroError: if its definition is wrong, or can't be described
    """
    definition = declared.usable()
    with guarded(definition.target.__module__, f"{definition.id} can't be described"):
        entry = Entry.of(definition)
        _check_names(entry)
        return entry


def undeclared_entries(repository: Repository) -> Iterator[Entry]:
    """Give the entries of the datasets that no module declares.

    :raises DefinitionError: if the repository's plugin can't tell them
    """
    with guarded(type(repository).__module__, "the entries can't be told"):
        for entry in repository.entries():
            _check(entry)
            yield entry._replace(repository=repository.id)


def _check(entry: Entry) -> None:
    """Check that an entry of a plugin can be put into the index, which holds those of many.

    :raises TypeError: if a field has another type than it should
    :raises ValueError: if its id, name or an alias can't be encoded in UTF-8
    """
    if not isinstance(entry, Entry):
        raise TypeError(f"expected an Entry, found {entry!r:.200}")
    given = {
        name: value
        for name, value in zip(Entry._fields, entry, strict=True)
        if value is not Entry._field_defaults.get(name)
    }
    try:
        check_parameters(Entry, given, ["id"], list(Entry._fields))
    except ParameterError as error:
        raise TypeError(f"{error}, in the entry of {entry.id!r:.80}") from None
    _check_names(entry)


def _check_names(entry: Entry) -> None:
    """Check what a database holds as it stands.

    :raises ValueError: if it isn't text in UTF-8
    """
    try:
        " ".join([entry.id, entry.name, *entry.aliases]).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"not a text in UTF-8: {error.object!r:.200}") from None


def working_entries(repository: Repository) -> list[Entry]:
    """Give all entries as this process has imported them; what is wrong is left out."""
    found = []
    for item in repository.declared():
        with repository.left_out(item.definition.id):
            found.append(_entry_of(item))
    with repository.left_out("entries"):
        found += [*undeclared_entries(repository)]
    return found


def _as_it_is(name: str) -> ModuleType:
    """Import a module, or run it once more if this process has imported it: it may have changed.

    The process keeps the one that it has.
    """
    if name not in sys.modules:
        return importlib.import_module(name)
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return sys.modules[name]
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
