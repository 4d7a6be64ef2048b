"""Getting the bytes of sources, through the cache."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.disk.files import remove
from datamaestro.disk.refusals import usable
from datamaestro.disk.sharing import make_folder
from datamaestro.download.source import Source
from datamaestro.download.transport import Transport
from datamaestro.errors import OfflineError, VerificationError
from datamaestro.locks.exclusive import locked
from datamaestro.preparation.doubts import Doubts
from datamaestro.preparation.entries import (
    cached_download,
    linked,
    linked_alone,
    not_emptied,
    settle,
)
from datamaestro.preparation.entry_locks import EntryLocks
from datamaestro.preparation.written import WrittenFiles
from datamaestro.state_files import Download
from datamaestro.transfer.cache_entry import CacheEntry, cache_key
from datamaestro.transfer.cancelling import Cancellation
from datamaestro.transfer.failover import Failover
from datamaestro.transfer.pages import TELLING, refuse_page
from datamaestro.transfer.partial import Partial
from datamaestro.transfer.stream import TransferStream, watched
from datamaestro.transfer.target import InMemory, NextUrl, TransferTarget
from datamaestro.transfer.transfer import Transfer, TransferContext
from datamaestro.transfer.wrong_bytes import may_be_of_bytes
from datamaestro.urls import masked

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CacheFetcher"]

TargetOf = Callable[[str], TransferTarget]
"""Gives what the content of a URL is written to until it is whole."""

Link = Callable[[Path, Path], bool]
"""Gives a file a second name, if it can, and tells whether it has it."""

LIGHT = CHUNK_SIZE
"""Bytes up to which a content isn't worth a place in the cache, unless several need it."""


class CacheFetcher:
    """Fetches sources into the cache of a context, for one resource.

    :param inputs: a folder for what the resource reads; it may be removed at any time
    :param cancelled: set when nobody waits for the resource any more
    :ivar downloads: what was fetched since the last :meth:`release`
    :ivar written: the digests of files that are known from writing them
    :ivar light: whether nothing else needs the one source of the resource
    """

    def __init__(
        self, context: Context, inputs: Path, cancelled: Cancellation | None = None
    ) -> None:
        self.context = context
        self.inputs = inputs
        self.downloads: list[Download] = []
        self.written = WrittenFiles()
        self.light = False
        self._used: list[Source] = []
        self._locks = EntryLocks()
        shared = TransferContext(context.progress, context.connections, cancelled or Cancellation())
        self._failover = Failover(context, shared, self._permitted_transport)
        self._doubts = Doubts(self._failover)

    # --- what resources ask for

    def fetch(self, source: Source) -> Path:
        """Give a verified copy of what `source` serves; see :meth:`Resource.fetch`."""
        path = self.inputs / cache_key(source)
        self._fetch(source, path, linked)
        return path

    def fetch_to(self, source: Source, destination: Path) -> None:
        """Put what `source` serves at `destination`; see :meth:`Resource.fetch_to`."""
        self._fetch(source, destination, None if self.context.keep_downloads else linked_alone)

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader[Any]]:
        """Give what `source` serves as a stream; see :meth:`Resource.open`.

        :raises NextUrl: if the bytes turned out to be wrong, or didn't come, and
            another URL may give them
        """
        if self._is_light(source):
            with self._arriving(source, lambda _url: InMemory(self.inputs), None) as stream:
                yield stream
            return
        entry = self._entry(source)
        with self._locks.holding(entry, masked(source.url)):
            download = self._cached(source, entry)
            if download is None:
                with self._arriving(source, partial(Partial, entry), entry.whole) as stream:
                    yield stream
            else:
                with not_emptied():
                    file = entry.whole.open("rb", buffering=0)
                with BufferedReader(file, CHUNK_SIZE) as stream:
                    yield stream
                self.downloads.append(download)
        self._used.append(source)

    def create(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """Open a new file that is hashed while it is written; see :meth:`Resource.create`."""
        return self.written.create(path)

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        """Give the last `count` bytes of what `source` serves, or None; see `Failover.tail`."""
        return self._failover.tail(source, count)

    def distrusts(self, error: Exception) -> bool:
        """Tell whether to make the resource again; see `Doubts.distrusts`."""
        return self._doubts.distrusts(error, offline=self.context.offline)

    def release(self, needed: Callable[[Source], bool]) -> None:
        """Remove what was fetched from the cache, unless downloads are kept.

        :param needed: tells what others still need; the last of them removes it
        """
        for source in () if self.context.keep_downloads else self._used:
            # One that is busy serves another dataset, which removes it in its turn.
            # The lock files stay: a lock whose file is removed excludes nobody.
            entry = self._entry(source)
            with suppress(BlockingIOError), locked(entry.lock, "", wait=False):
                settle(entry, needed(source))
        self._used.clear()
        self._doubts.clear()
        self.downloads.clear()

    # --- the cache

    def _entry(self, source: Source) -> CacheEntry:
        return CacheEntry.of(source, self.context.cachepath)

    def _is_light(self, source: Source) -> bool:
        """Tell whether a source is fetched past the cache, and so without a lock.

        Files of 100 kB took four times as long through the cache, for the two locks, the
        durable note and the four names that each had there.
        """
        return (
            self.light
            and source.size is not None
            and source.size <= LIGHT
            and not self.context.keep_downloads
            and not self._entry(source).whole.exists()
        )

    def _fetch(self, source: Source, destination: Path, link: Link | None) -> None:
        """Put what `source` serves at `destination`.

        :param link: makes the destination the very file that the cache has; None if it mustn't be
        """
        with usable(destination.parent):
            make_folder(destination.parent)
            remove(destination)
        if self._is_light(source):
            folder = destination.parent
            download = self._download(source, lambda _url: InMemory(folder), destination)
            self.written.note(destination, download.sha256)
        else:
            self._fetch_through_cache(source, destination, link)

    def _fetch_through_cache(self, source: Source, destination: Path, link: Link | None) -> None:
        """Put what `source` serves at `destination`, and keep it in the cache until released.

        The cache may be emptied by others as soon as its lock is given up, so the
        bytes get their second name before. That costs nothing, and since the first
        name stays until the resource is complete, a crash in between loses no download.
        """
        entry = self._entry(source)
        with self._locks.holding(entry, masked(source.url)), usable(destination.parent):
            download = self._cached(source, entry)
            if download is None:
                download = self._download(source, partial(Partial, entry), entry.whole)
            else:
                self.downloads.append(download)
            with not_emptied():
                if link is None or not link(entry.whole, destination):
                    shutil.copyfile(entry.whole, destination)
            self.written.note(destination, download.sha256)
        self._used.append(source)

    def _cached(self, source: Source, entry: CacheEntry) -> Download | None:
        """Look whether the cache has the source's bytes, and they may be used."""
        download = cached_download(source, entry) if self._doubts.permit(source) else None
        if download is not None:
            self._doubts.note_cached(source)
        return download

    # --- downloading

    def _permitted_transport(self, url: str) -> Transport:
        """Give what opens a URL.

        :raises TransportError: if no plugin does
        :raises OfflineError: if it needs a network, and there must be none
        """
        transport = self._transport(url)
        if self.context.offline and transport.network:
            raise OfflineError("not fetched while offline", where=url)
        return transport

    def _transport(self, url: str) -> Transport:
        return self.context.transport(url)

    def _download(self, source: Source, target_of: TargetOf, destination: Path) -> Download:
        """Download the whole of a source to `destination`."""
        while True:
            transfer = self._failover.transfer(source, target_of)
            with suppress(NextUrl), self._failover.failures_noted(source, transfer):
                for _ in watched(transfer):
                    pass
                return self._accept(source, transfer, destination)

    @contextmanager
    def _arriving(
        self, source: Source, target_of: TargetOf, destination: Path | None
    ) -> Iterator[BufferedReader[Any]]:
        """Give what a source serves while it arrives; it is accepted at the block's end.

        :param destination: where it is put when it is whole, if it is kept
        """
        arriving = TransferStream(self._failover.transfer(source, target_of))
        refused = None
        with self._failover.failures_noted(source, arriving.transfer):
            with closing(arriving.chunks), BufferedReader(arriving, CHUNK_SIZE) as stream:
                try:
                    yield stream
                except Exception as error:
                    if not source.digests or not may_be_of_bytes(error):
                        raise
                    refused = error
                for _ in arriving.chunks:
                    pass
            if refused is not None and arriving.transfer.result is None:
                raise refused  # the transfer refused the bytes, not the reader
            self._accept(source, arriving.transfer, destination)
        if refused is not None:
            # These are the declared bytes: no other source has better ones.
            raise refused

    def _accept(self, source: Source, transfer: Transfer, destination: Path | None) -> Download:
        """Verify what came, and put it in its place, if it has one."""
        result = transfer.result
        assert result is not None, "a transfer that has ended has a result"
        try:
            source.check_digests(result.url, result.digests)
        except VerificationError as error:
            with usable(transfer.target.folder), transfer.target.open() as file:
                file.seek(0)
                # A login, or a quota, tells more than that the digest is another.
                refuse_page(source, transfer.url, file.read(TELLING), transfer.media_type)
            if not transfer.continues:  # or it is read once more
                rejected = self._entry(source).rejected
                with usable(rejected.parent):
                    make_folder(rejected.parent)
                    remove(rejected)
                    transfer.target.finish(rejected)
                error.hint = f"the bytes are set aside in {rejected}"
            raise
        if destination is not None:
            with usable(destination.parent):
                transfer.target.finish(destination)
        download = Download(
            masked(result.url), result.size, result.digests["sha256"], result.validator
        )
        self.downloads.append(download)
        self._doubts.note_fetched(source, resumed=transfer.continues)
        return download
