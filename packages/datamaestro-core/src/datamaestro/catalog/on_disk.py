"""What is on disk of a dataset, from the state file in its folder; nothing is loaded."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datamaestro.catalog.entry import Entry, FileFacts
from datamaestro.project import CUSTOM
from datamaestro.selector import is_folder_name
from datamaestro.state_files import recorded

__all__ = [
    "CompleteResource",
    "datapath_of",
    "files_to_download",
    "folder_of",
    "is_prepared",
    "kept_resources",
    "prepared_variants",
]


class CompleteResource(NamedTuple):
    """A resource that is complete on disk.

    :param path: where it lies
    :param size: its number of bytes, of all files together for a folder
    :param time: when it was complete, in ISO 8601
    """

    path: Path
    size: int
    time: str


def folder_of(entry: Entry, datapath: Path) -> Path:
    """Give the folder of a dataset, whether it is there or not.

    :param datapath: the folder of the prepared datasets
    """
    if entry.place:
        return datapath / entry.place
    return datapath.joinpath(entry.repository or CUSTOM, *entry.id.split("."))


def datapath_of(entry: Entry, datapaths: Sequence[Path]) -> Path:
    """Choose the folder of prepared datasets that a dataset is used from.

    :param datapaths: those that are searched, in order; the last one needn't have it all
    """
    *site, own = datapaths
    return next((path for path in site if is_prepared(entry, path)), own)


def kept_resources(entry: Entry, datapath: Path) -> dict[str, CompleteResource]:
    """Give the resources that are complete, by name; raises nothing."""
    folder = folder_of(entry, datapath)
    by_path = {record.path: record for record in recorded(folder).values()}
    found = {}
    for name, (path, fingerprint) in entry.kept.items():
        record = by_path.get(path)
        if record is None or record.fingerprint != fingerprint:
            continue
        kept = CompleteResource(folder / record.path, record.size, record.when)
        if _is_there(kept):
            found[name] = kept
    return found


def _is_there(resource: CompleteResource) -> bool:
    """Tell whether there is a folder, or a file of the right size."""
    try:
        status = resource.path.stat()
    except (OSError, ValueError):
        return False
    if stat.S_ISDIR(status.st_mode):
        return True
    return stat.S_ISREG(status.st_mode) and status.st_size == resource.size


def prepared_variants(entry: Entry, datapath: Path) -> list[str]:
    """Give the variants with anything complete, by the names of their folders.

    These lie in the dataset's folder. A variant whose values don't show in its id has none of its
    own, and isn't among them.
    """
    if not _has_variants(entry):
        return []
    folder = folder_of(entry, datapath)
    try:
        names = os.listdir(folder)  # noqa: PTH208  (the names are all that is wanted)
    except OSError:
        return []  # there is none, or it is another user's
    return sorted(name for name in names if is_folder_name(name) and recorded(folder / name))


def _has_variants(entry: Entry) -> bool:
    return bool(entry.axes) and not entry.id.endswith("]")


def is_prepared(entry: Entry, datapath: Path) -> bool:
    """Tell whether all is there that stays on disk; False where nothing does.

    Of a dataset with variants, one of them suffices.
    """
    if _has_variants(entry):
        return bool(recorded(folder_of(entry, datapath)) or prepared_variants(entry, datapath))
    return bool(entry.kept) and kept_resources(entry, datapath).keys() == entry.kept.keys()


def files_to_download(entry: Entry, datapath: Path) -> list[FileFacts]:
    """Give the files that a preparation would fetch, as things are."""
    kept = kept_resources(entry, datapath)
    if entry.kept and kept.keys() == entry.kept.keys():
        return []
    return [file for file in entry.files if file.resource not in kept]
