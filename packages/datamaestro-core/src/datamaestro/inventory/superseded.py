"""What lies in a dataset's folder, was fetched for it, and isn't in its definition any more.

A plugin that renames a file, or needs one no longer, leaves the old one where it is: another
environment may have the earlier version of the plugin, and use the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from datamaestro.dataset_folders import LeftOut, pass_over
from datamaestro.definitions.dataset_definition import DatasetDefinition
from datamaestro.disk.latest import looking_once
from datamaestro.errors import DatamaestroError
from datamaestro.inventory.prepared import Prepared, definition_of, prepared_datasets
from datamaestro.inventory.removal import without_following
from datamaestro.inventory.replaceable import SourceCheck
from datamaestro.preparation.operations import stored_paths
from datamaestro.preparation.overlaps import overlap
from datamaestro.state_files import Record
from datamaestro.variants import AxesVariants

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["Superseded", "find_superseded"]


class Superseded(NamedTuple):
    """Something on disk that the installed version of a definition doesn't have.

    :param dataset: the dataset that it was made for
    :param resource: the name that it is recorded with
    """

    dataset: Prepared
    resource: str


def find_superseded(context: Context, left_out: LeftOut = pass_over) -> list[Superseded]:
    """Give what installed definitions no longer have, if the version that had it could fetch it
    again.

    What isn't recorded, or not as fetched, may be somebody's data, and is left out.

    :param left_out: is told of what can't be read
    """
    with looking_once():  # or of thousands of datasets, the definitions would be for each
        return list(_superseded(context, SourceCheck(context), left_out))


def _superseded(context: Context, sources: SourceCheck, left_out: LeftOut) -> Iterator[Superseded]:
    for dataset in prepared_datasets(context.datapath, left_out):
        definition = definition_of(dataset, context)
        if definition is None or not _has_folder_to_itself(definition):
            continue
        try:
            declared = stored_paths(definition, context)
        except DatamaestroError:
            continue
        for name, record in dataset.records.items():
            if (
                record.path not in declared  # as most are, and there may be thousands
                and not overlap(PurePosixPath(record.path), map(PurePosixPath, declared))
                and _can_be_fetched(record, sources)
                and _lies_in_its_folder(dataset, record)
            ):
                yield Superseded(dataset, name)


def _has_folder_to_itself(definition: DatasetDefinition) -> bool:
    """Tell whether no other variant of the dataset shares its folder."""
    variants = definition.variants
    if variants is None:
        return True
    return isinstance(variants, AxesVariants) and all(axis.in_id for axis in variants.axes.values())


def _can_be_fetched(record: Record, sources: SourceCheck) -> bool:
    urls = [(download.url,) for download in record.downloads]
    return bool(urls) and sources.why_not_from(urls) is None


def _lies_in_its_folder(dataset: Prepared, record: Record) -> bool:
    """Tell whether it is there, and no link leads to the folder that it is in."""
    path = dataset.folder / record.path
    is_there = path.exists() or path.is_symlink()
    return is_there and without_following(dataset.folder, record.path) == path
