"""What is on disk of a dataset, from the state file in its folder; nothing is loaded."""

from __future__ import annotations

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
    found = {}
    for name, record in recorded(folder).items():
        if record.fingerprint != entry.kept.get(name):
            continue
        kept = CompleteResource(folder / record.path, record.size, record.time)
        if kept.path.is_dir() or (kept.path.is_file() and kept.path.stat().st_size == kept.size):
            found[name] = kept
    return found


def prepared_variants(entry: Entry, datapath: Path) -> list[str]:
    """Give the names of the folders, in a dataset's own, in which a variant has something complete.

    A variant that the id doesn't tell has none: it lies in the dataset's own folder.
    """
    folder = folder_of(entry, datapath)
    if not _has_variants(entry) or not folder.is_dir():
        return []
    children = (item for item in folder.iterdir() if is_folder_name(item.name))
    return sorted(item.name for item in children if recorded(item))


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
