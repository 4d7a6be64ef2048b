"""What one run has to itself, so that runs at the same time don't disturb each other."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datamaestro.disk.files import discard, move_into_place, remove
from datamaestro.transfer.cancelling import Cancellation

if TYPE_CHECKING:
    from datamaestro.context import Context
    from datamaestro.download.source import Source
    from datamaestro.preparation.fetch import CacheFetcher

    MakeFetcher = Callable[[Context, Path, Cancellation], CacheFetcher]

__all__ = ["WORK", "Workspace"]

WORK = ".downloads"
"""The folder, in a dataset's, of all runs that are under way."""

REJECTED = ".rejected"
"""The folder, in that one, of what wasn't what was declared. No run has that name."""


def _cache_fetcher(context: Context, inputs: Path, cancelled: Cancellation) -> CacheFetcher:
    # Imported when something is fetched: mostly all is in place.
    from datamaestro.preparation.fetch import CacheFetcher

    return CacheFetcher(context, inputs, cancelled)


class Workspace:
    """A folder for one run in a dataset's folder, and what fetches for its resources.

    Nothing is made on disk before somebody puts something in.

    :param context: where the dataset is prepared
    :param dataset_folder: the dataset's folder
    :param make_fetcher: makes what fetches for one resource: a `CacheFetcher`, or one of a kind
    :ivar folder: where resources are made, until they are whole
    :ivar rejected: where what turns out to be wrong is set aside
    :ivar cancelled: set when nobody waits for the run any more
    """

    def __init__(
        self, context: Context, dataset_folder: Path, make_fetcher: MakeFetcher = _cache_fetcher
    ) -> None:
        self.all_runs = dataset_folder / WORK
        self.folder = self.all_runs / os.urandom(4).hex()
        self.rejected = self.all_runs / REJECTED
        self.cancelled = Cancellation()
        self._context = context
        self._dataset_folder = dataset_folder
        self._make_fetcher = make_fetcher
        self._fetchers: dict[str, CacheFetcher] = {}

    def another(self) -> Workspace:
        """Give the same for another run."""
        return Workspace(self._context, self._dataset_folder, self._make_fetcher)

    @property
    def _inputs(self) -> Path:
        return self.folder / ".inputs"  # no resource's name begins with a dot

    def fetcher(self, name: str) -> CacheFetcher:
        """Give what fetches for the resource of that name, with a folder of its own."""
        if name not in self._fetchers:
            inputs = self._inputs / name
            self._fetchers[name] = self._make_fetcher(self._context, inputs, self.cancelled)
        return self._fetchers[name]

    def renew(self) -> None:
        """Allow fetching again after a run; what the run has cancelled stays cancelled."""
        self.cancelled = Cancellation()
        self._fetchers = {}

    def release(self, needed: Callable[[Source], bool]) -> None:
        """Remove what was fetched, from the cache and here, unless others need it.

        :param needed: see `CacheFetcher.release`
        """
        for fetcher in self._fetchers.values():
            fetcher.release(needed)
        if self._fetchers:
            self.tidy()

    def was_interrupted(self) -> bool:
        """Tell whether there is anything of another run, or of this one."""
        return self.all_runs.exists()

    def set_aside(self, relative_path: PurePosixPath) -> Path:
        """Set aside something wrong that the run has made, where all runs do; give its new path.

        What an earlier run set aside of the same resource goes.
        """
        # Not under a name of data: somebody might take it for that.
        rejected = self.rejected / f"{relative_path}.rejected"
        move_into_place(self.folder / relative_path, rejected)
        return rejected

    def remains(self, relative_path: PurePosixPath) -> list[Path]:
        """Give what interrupted runs left of a resource, the last of them last."""
        # The folders of runs have names of eight letters, those being removed longer ones.
        found = list(self.all_runs.glob(f"????????/{glob.escape(str(relative_path))}"))
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def remove_all(self) -> None:
        """Remove the folder of this run, and those of all that were interrupted.

        One after the other: as long as there is one, the next run cleans up.
        """
        with suppress(FileNotFoundError):
            for folder in list(self.all_runs.iterdir()):
                discard(folder)
        with suppress(OSError):  # another run may have begun
            self.all_runs.rmdir()

    def tidy(self) -> None:
        """Leave of the run's folder only what a resource may go on from."""
        with suppress(OSError):
            remove(self._inputs)
            for child in self.folder.iterdir():
                if child.is_dir() and all(item.is_dir() for item in child.rglob("*")):
                    remove(child)  # it was made for a file that never came
            self.folder.rmdir()
            self.all_runs.rmdir()
