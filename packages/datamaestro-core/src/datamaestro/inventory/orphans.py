"""Folders in the data directory that belong to no installed dataset."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.catalog.modules import undeclared_entries
from datamaestro.disk.files import children
from datamaestro.identifiers import relative_path
from datamaestro.preparation.places import dataset_folder
from datamaestro.project import CUSTOM

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.repository import Repository

__all__ = ["find_orphans"]

logger = logging.getLogger(__name__)


def find_orphans(context: Context) -> Iterator[Path]:
    """Give the folders that belong to no installed dataset.

    Where a plugin or a module of definitions is broken, its datasets can't be told
    from orphans, and the repository is left out.
    """
    declared = {item.spec.id for item in context.plugins.repositories}
    working = {repository.id: repository for repository in context.repositories()}
    for folder in children(context.datapath):
        if not folder.is_dir() or folder.name == CUSTOM:
            continue
        repository = working.get(folder.name)
        owned = None if repository is None else _owned(repository)
        if owned is not None:
            yield from _below(folder, owned, {path for own in owned for path in own.parents})
        elif repository is not None or folder.name in declared or context.plugins.broken:
            logger.warning("%s is left out: a plugin or a definition is broken", folder)
        else:
            yield folder


def _owned(repository: Repository) -> set[Path] | None:
    """Give the folders of a repository's datasets; None if something is wrong with some."""
    context = repository.context
    owned = {dataset_folder(definition, context) for definition in repository}
    with repository.left_out("entries"):
        # There can be a million that no module declares: their folders have owners all the same.
        owned |= {
            repository.datapath / relative_path(entry.id)
            for entry in undeclared_entries(repository)
        }
    return None if repository.broken else owned


def _below(folder: Path, owned: set[Path], above: set[Path]) -> Iterator[Path]:
    """Give the folders from here on down that hold no dataset and lie in none.

    :param owned: the folders of datasets
    :param above: those that hold them
    """
    try:
        inside = sorted(folder.iterdir())
    except PermissionError:  # whoever lists what is prepared tells of it
        return
    for child in inside:
        if child.is_dir() and child not in owned:
            if child in above:
                yield from _below(child, owned, above)
            else:
                yield child
