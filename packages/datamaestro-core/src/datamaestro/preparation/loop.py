"""The loop that makes a dataset's resources, one after the other.

For each: make it below ``.downloads``, verify it, flush it to disk, rename it
into place, record it as complete. In no other order: whatever happens between
any two of these, the next run finds either the whole or something to discard.

Every run works in a folder of its own, and looks at what the state file says before it
puts something in place: so runs that don't know of one another, where locks fail, do
the same work twice and nothing worse.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from pathlib import Path

from datamaestro.download.resource import StoredResource, ValueResource
from datamaestro.errors import DataDirectoryError, DatamaestroError, VerificationError
from datamaestro.files import (
    STORAGE_ERRORS,
    discard,
    flush_to_disk,
    move_into_place,
    remove,
    size_on_disk,
    usable,
)
from datamaestro.preparation.entries import NextSource
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.preparation.graph import Graph, is_complete
from datamaestro.preparation.places import WORK
from datamaestro.preparation.state import Record, State
from datamaestro.sharing import make_folder

__all__ = ["Loop"]

logger = logging.getLogger(__name__)

ATTEMPTS = 5
"""How often a run begins anew that other processes interfere with."""


class Loop:
    """One run, by the process that holds the dataset's lock."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        assert isinstance(graph.fetcher, CacheFetcher)
        self.fetcher = graph.fetcher
        # Read now that the lock is held: another process may have finished meanwhile.
        self.state = State.load(graph.folder, self.fetcher.work)
        self._made: dict[str, Record] = {}
        self._has: set[Path] = set()

    def run(self) -> None:
        interrupted = (self.graph.folder / WORK).exists()
        try:
            self._make_despite_others()
        except BaseException:
            self._tidy()
            raise
        try:
            if interrupted:
                self.fetcher.sweep(self.graph.sources)
            self._remove_work()
        except OSError:  # all is there; the next run tries to clean up again
            logger.debug("%s can't be cleaned up", self.graph.folder, exc_info=True)

    def _make_despite_others(self) -> None:
        """Make what is missing, again if other processes took away what this one had made.

        They do where locks fail, when they have finished and clean up, or have written the
        state file at the same moment.
        """
        for _ in range(ATTEMPTS):
            try:
                self._make_missing()
            except (OSError, DatamaestroError):
                robbed = self._is_robbed()
                self._record_again()
                if self.graph.missing(self.state) and not robbed:
                    raise
                logger.debug("Another process interfered", exc_info=True)
            else:
                self._record_again()
                return

    def _record_again(self) -> None:
        """Record what this run has made, should that have got lost."""
        self.state.refresh()
        for name, record in self._made.items():
            if self.state.get(name) is None and (self.graph.folder / record.path).exists():
                self.state.complete(name, record)

    def _is_robbed(self) -> bool:
        """Tell whether another process is at the same work, or took away what this one had."""
        return self.state.disturbed or not all(path.exists() for path in self._has)

    def _make_missing(self) -> None:
        self._has = {
            resource.path
            for resource in self.graph.resources
            if isinstance(resource, StoredResource) and is_complete(resource, self.state)
        }
        for resource in self.graph.missing(self.state):
            if isinstance(resource, ValueResource):
                resource.make()
            else:
                assert isinstance(resource, StoredResource)
                self._make_unless_made(resource)
                self._has.add(resource.path)
            self._drop_unneeded()
        self._drop_unneeded()

    def _remove_work(self) -> None:
        """Remove the folders of this run, and of all that were interrupted.

        One after the other: as long as there is one, the next run cleans up.
        """
        work = self.graph.folder / WORK
        with suppress(FileNotFoundError):
            for folder in list(work.iterdir()):
                discard(folder)
        with suppress(OSError):  # another run may have begun
            work.rmdir()

    def _tidy(self) -> None:
        """Leave of the run's folder only what a resource may go on from."""
        with suppress(OSError):
            remove(self.fetcher.inputs)
            self.fetcher.work.rmdir()
            self.fetcher.work.parent.rmdir()

    def _make_unless_made(self, resource: StoredResource) -> None:
        try:
            self._make(resource)
        except (OSError, DatamaestroError):
            # Another may also have removed what this one worked with.
            if not self._is_made(resource):
                raise
            logger.debug("Another process has made %s", resource.path, exc_info=True)

    def _is_made(self, resource: StoredResource) -> bool:
        """Tell whether nothing has to be done for a resource any more, as things are now."""
        self.state.refresh()
        return not any(item is resource for item in self.graph.missing(self.state))

    def _make(self, resource: StoredResource) -> None:
        if self._adopt(resource):
            return
        destination = self.fetcher.work / resource.relative_path
        while not self._download(resource, destination):
            pass
        self._verify(resource, destination)
        with usable(self.graph.folder):
            flush_to_disk(destination)
            size = size_on_disk(destination)
            self.state.refresh()
            if is_complete(resource, self.state):
                remove(destination)  # others may use what is in place already
            else:
                move_into_place(destination, resource.path)
                self._record(resource, size)
        self.fetcher.release()

    def _download(self, resource: StoredResource, destination: Path) -> bool:
        """Let a resource be made at `destination`; tell whether it was.

        If it wasn't, the bytes that it was made from were wrong, and the next source
        may have the right ones.
        """
        self.fetcher.downloads.clear()
        with usable(self.graph.folder):
            make_folder(destination.parent)
            self._has.add(self.fetcher.work)
            if not resource.can_recover:
                remove(destination)
            elif not destination.exists():
                self._copy_remains(resource, destination)
        try:
            resource._download(destination)
        except NextSource:
            remove(destination)
            return False
        except BaseException as error:
            if not resource.can_recover:
                remove(destination)
            if isinstance(error, OSError) and error.errno in STORAGE_ERRORS:
                with usable(self.graph.folder):
                    raise
            raise
        return True

    def _copy_remains(self, resource: StoredResource, destination: Path) -> None:
        """Copy what an interrupted run left of a resource, if one did.

        Taking it would be wrong where locks fail, and that run isn't over.
        """
        work = self.graph.folder / WORK
        # The folders of runs have names of eight letters, those being removed longer ones.
        remains = list(work.glob(f"????????/{resource.relative_path}"))
        if remains:
            newest = max(remains, key=lambda path: path.stat().st_mtime_ns)
            copy = shutil.copytree if newest.is_dir() else shutil.copyfile
            copy(newest, destination)

    def _adopt(self, resource: StoredResource) -> bool:
        """Take what lies in place, from an earlier program or definition, if it is right."""
        if not resource.path.exists():
            return False
        logger.info("Verifying %s, which is there already", resource.path)
        try:
            proven = resource.proves(resource.path)
        except VerificationError as error:
            logger.warning("%s; it is made again", error)
            return False
        if proven:
            self._record(resource, size_on_disk(resource.path))
        return proven

    def _verify(self, resource: StoredResource, destination: Path) -> None:
        if not destination.exists():
            raise DataDirectoryError(
                f"the resource {resource.name!r} made nothing",
                where=self.graph.definition.location,
                expected=f"{type(resource).__qualname__}._download to make {destination.name}",
            )
        try:
            resource.verify(destination)
        except VerificationError as error:
            rejected = destination.with_name(f"{destination.name}.rejected")
            remove(rejected)
            destination.replace(rejected)
            error.hint = f"it is set aside in {rejected}"
            raise

    def _record(self, resource: StoredResource, size: int) -> None:
        record = Record(
            resource.fingerprint,
            str(resource.relative_path),
            size,
            tuple(self.fetcher.downloads),
        )
        self.state.complete(resource.name, record)
        self._made[resource.name] = record

    def _drop_unneeded(self) -> None:
        """Remove the transient resources that nothing needs any more.

        They are renamed away first: a folder that is removed by half must not be taken
        for whole by a later run that needs it again.
        """
        for resource in self.graph.unneeded(self.state):
            discarded = self.fetcher.work / f"{resource.name}.unneeded"
            with usable(self.graph.folder):
                make_folder(discarded.parent)
                remove(discarded)
                with suppress(FileNotFoundError):
                    resource.path.replace(discarded)
                self.state.forget(resource.name)
                self._made.pop(resource.name, None)
                self._has.discard(resource.path)
                remove(discarded)
