"""Whose folder holds the data of a dataset that wasn't looked up in a repository.

Whoever asks for a dataset, by its id, its file or its class, from whatever directory,
finds the data in one place; and two files of one name don't share theirs.
"""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.definitions.files import module_name
from datamaestro.project import CUSTOM, nearest_project

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["namespace_of"]

_INSTALLED = {"site-packages", "dist-packages"}


def namespace_of(definition: DatasetDefinition, context: Context) -> PurePosixPath:
    """Give the folder, in the folder of all data, that a dataset's own folder lies in.

    =================================  =============================================
    the definition is in               the folder is
    =================================  =============================================
    an installed repository            the repository's id
    a project that lists its datasets  ``__custom__`` and the project's id
    a package                          ``__custom__`` and the package's name
    a file alone                       ``__custom__``, its name, a digest of its path
    no file, as in a notebook          ``__custom__`` and ``__main__``
    =================================  =============================================
    """
    module = definition.target.__module__
    for provided in context.plugins.repositories:
        package = provided.spec.target.partition(":")[0]
        if module.startswith((f"{package}.config.", f"{package.rpartition('.')[0]}.config.")):
            return PurePosixPath(provided.spec.id)
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return PurePosixPath(CUSTOM, module.partition(".")[0])
    path = Path(file).resolve()
    # What is installed in an environment inside of a project is no part of the project.
    project = None if _INSTALLED & set(path.parts) else nearest_project(path.parent)
    if project is not None:
        return project.namespace
    return PurePosixPath(CUSTOM, module_name(path)[1].partition(".")[0])
