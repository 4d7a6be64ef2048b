"""Files of definitions that no plugin ships, imported from where they lie.

A file in a package is imported as a part of it, so that its relative imports work. Any
other gets a name that differs even from that of a file of the same name elsewhere, and is
imported again once it has changed. Its folder, or its package's, goes to the end of
``sys.path``, as a script's is on it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.lone_files import import_alone, imported
from datamaestro.definitions.modules import Declared, declared_in, once_each
from datamaestro.errors import DatamaestroError, DatasetNotFoundError, DefinitionError
from datamaestro.identifiers import did_you_mean
from datamaestro.user_paths import absolute

__all__ = ["definitions_in_file", "find_in_file", "import_file", "module_name"]


def find_in_file(path: Path, name: str) -> DatasetDefinition:
    """Give the dataset that a file declares under the name of a class or function, or an id.

    :raises DatasetNotFoundError: if there is no such file, or it declares no such dataset
    :raises DefinitionError: if the file can't be imported, or that definition is wrong
    :raises SettingsError: if it lies below the home of a user who isn't there, or in a working
        directory that is gone
    """
    declared = definitions_in_file(path)
    names = {item.definition.target.__name__: item for item in declared}
    found = names.get(name) or {item.definition.id: item for item in declared}.get(name)
    if found is None:
        raise DatasetNotFoundError(
            f"no dataset {name!r} is declared",
            where=path,
            expected=", ".join(names) or "@dataset(id='…') above a class or a function",
            hint=did_you_mean(name, names, 1),
        )
    return found.usable()


def definitions_in_file(path: Path) -> list[Declared]:
    """Give what a file declares, right or wrong; raises as :func:`import_file`."""
    return once_each(declared_in(import_file(path)))


def import_file(path: Path) -> ModuleType:
    """Import a file of definitions, unless it was, and is as it was then.

    One in a package is imported once, as any module of a package is.

    :raises DatasetNotFoundError: if there is no such file, or it can't be seen
    :raises DefinitionError: if it can't be imported
    :raises SettingsError: if it lies below the home of a user who isn't there, or in a working
        directory that is gone
    """
    path = Path(os.path.realpath(absolute(path)))  # `resolve` refuses a link to itself
    try:
        is_there = path.is_file()
    except OSError as error:
        raise DatasetNotFoundError(
            "a file of definitions can't be seen", where=path, found=error.strerror
        ) from error
    if not is_there:
        raise DatasetNotFoundError("no such file of definitions", where=path)
    root, name = module_name(path)
    if name not in sys.modules and str(root) not in sys.path:
        sys.path.append(str(root))
    try:
        module = import_alone(path, name) if root == path.parent else imported(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, DatamaestroError):
            raise
        from datamaestro.import_errors import not_importable

        raise not_importable("a file of definitions can't be imported", error, path) from error
    origin = getattr(module, "__file__", None)  # what is built in has none
    if origin is None or not Path(origin).exists() or not path.samefile(origin):
        raise DefinitionError(
            f"another module is imported as {name}",
            where=path,
            found=origin or module,
            hint="rename one of the two",
        )
    return module


def module_name(path: Path) -> tuple[Path, str]:
    """Give the folder that a file is imported from, and the name that it has there.

    It is the name that it has in its package; or, for a file that is in none, its own
    and a digest of its path, the same from wherever it is asked for.

    >>> module_name(Path("flowers.py"))[1] == module_name(Path("flowers.py").absolute())[1]
    True
    """
    path = absolute(path).resolve()
    folder = path.parent
    for parent in path.parents:
        # The folders of a repository's definitions need no __init__.py.
        if parent.name == "config" and (parent.parent / "__init__.py").is_file():
            folder = parent.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    if folder == path.parent:
        import hashlib

        digest = hashlib.sha256(os.fsencode(os.path.normcase(path))).hexdigest()
        return folder, f"{path.stem.replace('.', '_')}_{digest[:8]}"
    parts = path.relative_to(folder).with_suffix("").parts
    return folder, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
