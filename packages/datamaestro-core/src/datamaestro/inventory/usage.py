"""How much room things take, counted as the file system does."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.disk.files import children
from datamaestro.inventory.prepared import Prepared, prepared_datasets, warn

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["DiskUsage", "Meter", "Usage", "disk_usage"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Usage:
    """The room that some files take.

    :param size: the bytes that they hold
    :param disk: the bytes that they take on disk: whole blocks, or fewer for a sparse file
    :param files: how many they are
    """

    size: int = 0
    disk: int = 0
    files: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.size + other.size, self.disk + other.disk, self.files + other.files)


class Meter:
    """Measures files and folders; a file with several names counts once, where it comes first."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def measure(self, path: Path) -> Usage:
        """Measure what lies at `path`, links as themselves.

        What isn't there counts as nothing: another process may just be removing it.
        """
        return self._itself(path) if path.is_symlink() else self.measure_folder(path)

    def measure_folder(self, path: Path, without: Set[str] = frozenset()) -> Usage:
        """Measure what lies at `path`, as :meth:`measure`, but also where a link there leads.

        :param without: folders to leave out, by their paths
        """
        total = self._itself(path)
        if path.is_dir():
            for status in _statuses(os.fspath(path), without):
                total += self._usage(status)
        return total

    def _itself(self, path: Path) -> Usage:
        try:
            return self._usage(path.lstat())
        except FileNotFoundError:
            return Usage()

    def _usage(self, status: os.stat_result) -> Usage:
        if status.st_nlink > 1 and not _is_folder(status):
            identity = (status.st_dev, status.st_ino)
            if identity in self._seen:
                return Usage()
            self._seen.add(identity)
        size = 0 if _is_folder(status) else status.st_size
        blocks = getattr(status, "st_blocks", None)  # there are none on Windows
        disk = size if blocks is None else blocks * 512
        return Usage(size, disk, 0 if _is_folder(status) else 1)


@dataclass(frozen=True)
class DiskUsage:
    """The room that a data directory takes.

    :param datasets: for each prepared dataset, without others that lie in its folder
    :param repositories: for each folder of a repository; with what belongs to no dataset
    :param cache: for downloads that are under way or kept
    """

    datasets: tuple[tuple[Prepared, Usage], ...]
    repositories: dict[str, Usage]
    cache: Usage

    @property
    def total(self) -> Usage:
        """For all of it."""
        return sum(self.repositories.values(), self.cache)


def disk_usage(context: Context) -> DiskUsage:
    """Measure the data directory of a context."""
    meter = Meter()
    prepared = list(prepared_datasets(context.datapath, _warn_of_state))
    folders = {os.fspath(dataset.folder) for dataset in prepared}
    datasets = tuple((item, meter.measure_folder(item.folder, folders)) for item in prepared)
    repositories = {}
    for folder in children(context.datapath):
        own = [usage for item, usage in datasets if folder in item.folder.parents]
        repositories[folder.name] = sum(own, meter.measure_folder(folder, folders))
    return DiskUsage(datasets, repositories, meter.measure_folder(context.cachepath))


def _warn_of_state(error: OSError) -> None:
    if not isinstance(error, PermissionError):  # which `Meter` tells of
        warn(error)


def _is_folder(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _statuses(folder: str, left_out: Set[str]) -> Iterator[os.stat_result]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if entry.path not in left_out]
    except PermissionError as error:
        logger.warning("not counted: %s", error)
        return
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        with suppress(FileNotFoundError):
            yield os.lstat(entry)  # the entry's own has no identity, and no names, on Windows
        if entry.is_dir(follow_symlinks=False):
            yield from _statuses(entry.path, left_out)
