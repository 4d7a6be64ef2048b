"""Getting the bytes of sources, through the cache.

A download is named by the hash of its preferred URL: ``<hash>.dl`` once it is
whole and verified, ``<hash>.rejected`` when its bytes are not the declared ones; for
what is under way see :mod:`datamaestro.preparation.partial`.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from datamaestro.download.source import Source
from datamaestro.download.transport import Transport, TransportRequest
from datamaestro.errors import (
    DataFormatError,
    DatamaestroError,
    DownloadError,
    OfflineError,
    TransportError,
    VerificationError,
)
from datamaestro.files import remove, usable
from datamaestro.preparation.arriving import Arriving, watched
from datamaestro.preparation.candidates import archived, candidate_urls
from datamaestro.preparation.entries import NextSource, alone, entry_name, linked, not_emptied
from datamaestro.preparation.locks import locked
from datamaestro.preparation.partial import Partial, StartOver, origin
from datamaestro.preparation.state import Download
from datamaestro.preparation.transfer import ATTEMPTS, Means, Transfer
from datamaestro.preparation.turns import Turn, Turns
from datamaestro.preparation.written import WrittenFiles
from datamaestro.sharing import make_folder
from datamaestro.urls import masked
from datamaestro.utils import CHUNK_SIZE, file_digests

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CacheFetcher"]

logger = logging.getLogger(__name__)


class CacheFetcher:
    """Fetches sources into the cache of a context, for one resource.

    :param inputs: a folder for what the resource reads; it may be removed at any time
    :param cancelled: set when nobody waits for the resource any more
    :ivar downloads: what was fetched since the last :meth:`release`
    :ivar written: the digests of files that are known from writing them
    """

    def __init__(
        self, context: Context, inputs: Path, cancelled: threading.Event | None = None
    ) -> None:
        self.context = context
        self.inputs = inputs
        self.means = Means(context.progress, context.connections, cancelled or threading.Event())
        self.downloads: list[Download] = []
        self.written = WrittenFiles()
        self._used: list[Source] = []
        self._turns: dict[Source, Turns] = {}
        self._restarts: dict[str, int] = {}

    # --- what resources ask for

    def fetch(self, source: Source) -> Path:
        """Give a verified copy of what `source` serves; see :meth:`Resource.fetch`."""
        path = self.inputs / entry_name(source)
        self._fetch(source, path, shared=True)
        return path

    def fetch_to(self, source: Source, destination: Path) -> None:
        """Put what `source` serves at `destination`; see :meth:`Resource.fetch_to`."""
        self._fetch(source, destination, shared=not self.context.keep_downloads)

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader[Any]]:
        """Give what `source` serves as a stream; see :meth:`Resource.open`.

        :raises NextSource: if the bytes turned out to be wrong, or didn't come, and
            another URL may give them
        """
        entry = self._entry(source)
        path = entry.with_suffix(".dl")
        with locked(entry.with_suffix(".lock"), masked(source.url)):
            download = self._cached(source, path)
            if download is not None:
                with not_emptied():
                    file = path.open("rb", buffering=0)
                with BufferedReader(file, CHUNK_SIZE) as stream:
                    yield stream
            else:
                arriving = Arriving(self._transfer(source, entry))
                refused = None
                with self._failures_noted(source, arriving.transfer):
                    with BufferedReader(arriving, CHUNK_SIZE) as stream:
                        try:
                            yield stream
                        except (DataFormatError, VerificationError) as error:
                            if not source.digests:
                                raise
                            refused = error
                        while stream.read(CHUNK_SIZE):
                            pass
                    if refused is not None and arriving.transfer.result is None:
                        raise refused  # not the reader refused the bytes, but the transfer
                    download = self._accept(source, entry, arriving.transfer)
                if refused is not None:
                    # These are the declared bytes: no other source has better ones.
                    raise refused
        self.downloads.append(download)
        self._used.append(source)

    def create(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """Open a new file that is hashed while it is written; see :meth:`Resource.create`."""
        return self.written.create(path)

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        """Give the last `count` bytes of what `source` serves, or None.

        There are none when the source doesn't state its size, or no URL gives them.
        """
        if source.size is None or source.size < count:
            return None
        start = source.size - count
        for url in self._urls(source):
            request = TransportRequest(url, start)
            with suppress(DatamaestroError), self._transport(url).open(request) as response:
                if response.start == start and response.size == source.size:
                    tail = b""
                    while len(tail) < count and (chunk := response.read(count - len(tail))):
                        tail += chunk
                    if len(tail) == count:
                        return tail
        return None

    def release(self, needed: Callable[[Source], bool]) -> None:
        """Remove what was fetched from the cache, unless downloads are kept.

        :param needed: tells what others still need; the last of them removes it
        """
        for source in () if self.context.keep_downloads else self._used:
            # One that is busy serves another dataset, which removes it in its turn.
            # The lock files stay: a lock whose file is removed excludes nobody.
            entry = self._entry(source)
            with suppress(BlockingIOError), locked(entry.with_suffix(".lock"), "", wait=False):
                if needed(source):
                    alone(entry.with_suffix(".dl"))
                else:
                    remove(entry.with_suffix(".dl"))
                    remove(entry.with_suffix(".json"))
        self._used.clear()
        self.downloads.clear()

    # --- the cache

    def _entry(self, source: Source) -> Path:
        return self.context.cachepath / entry_name(source)

    def _fetch(self, source: Source, destination: Path, shared: bool) -> None:
        """Put what `source` serves at `destination`, and keep it in the cache until released.

        The cache may be emptied by others as soon as its lock is given up, so the
        bytes get their second name before. That costs nothing, and since the first
        name stays until the resource is complete, a crash in between loses no download.

        :param shared: whether the destination may be the very file that the cache has
        """
        entry = self._entry(source)
        path = entry.with_suffix(".dl")
        with locked(entry.with_suffix(".lock"), masked(source.url)), usable(destination.parent):
            make_folder(destination.parent)
            remove(destination)
            download = self._cached(source, path) or self._download(source, entry)
            with not_emptied():
                if not (shared and linked(path, destination)):
                    shutil.copyfile(path, destination)
            self.written.note(destination, download.sha256)
        self.downloads.append(download)
        self._used.append(source)

    def _cached(self, source: Source, path: Path) -> Download | None:
        """Look whether the cache has the source's bytes; wrong ones are removed."""
        try:
            size = path.stat().st_size
            digests = file_digests(path, ["sha256", *source.digests])
            source.check_digests(path, digests)
        except FileNotFoundError:
            return None
        except VerificationError as error:
            logger.warning("a cached download is wrong and is fetched again: %s", error)
            remove(path)
            return None
        logger.debug("Using the cached download of %s", masked(source.url))
        url, validator = origin(path) or (masked(source.url), None)
        return Download(url, size, digests["sha256"], validator)

    # --- one URL after the other

    def _urls(self, source: Source) -> list[str]:
        return candidate_urls(source, self.context.mirror, self.context.settings.mirrors)

    def _turns_of(self, source: Source) -> Turns:
        if source not in self._turns:
            archive = self.context.wayback
            last_resorts = [] if archive is None else archived(source, archive)
            self._turns[source] = Turns(source, self._urls(source), last_resorts)
        return self._turns[source]

    def _transport(self, url: str) -> Transport:
        transport = self.context.transport(url)
        if self.context.offline and transport.network:
            raise OfflineError("not fetched while offline", where=url)
        return transport

    def _next(self, source: Source) -> tuple[Turn, Transport]:
        """Give the URL whose turn it is, and its transport.

        :raises DatamaestroError: if all have failed; it tells why each did
        """
        turns = self._turns_of(source)
        while (turn := turns.next) is not None:
            try:
                return turn, self._transport(turn.url)
            except (TransportError, OfflineError) as error:
                turns.failed(error)
        raise turns.summary()

    @contextmanager
    def _failures_noted(self, source: Source, transfer: Transfer) -> Iterator[None]:
        """Note what goes wrong with a transfer's URL, and order to go on with the next.

        An error of the one who reads the stream counts too: bytes that can't be verified
        may be the reason of it.
        """
        url, turns = transfer.url, self._turns[source]
        try:
            yield
        except StartOver as error:
            transfer.partial.remove()
            logger.warning("%s; it is read from its beginning", error)
            self._restarts[url] = self._restarts.get(url, 0) + 1
            if self._restarts[url] == ATTEMPTS:
                turns.failed(TransportError("it never stays the same for long", where=url))
            raise NextSource from error
        except (DownloadError, VerificationError, DataFormatError) as error:
            if not isinstance(error, DownloadError):
                transfer.partial.remove()
            logger.warning("%s", error)
            turns.failed(error)
            if turns.next is None:
                raise turns.summary() from error
            raise NextSource from error

    def _download(self, source: Source, entry: Path) -> Download:
        """Download the whole of a source."""
        while True:
            transfer = self._transfer(source, entry)
            with suppress(NextSource), self._failures_noted(source, transfer):
                for _ in watched(transfer):
                    pass
                return self._accept(source, entry, transfer)

    def _transfer(self, source: Source, entry: Path) -> Transfer:
        """Make the transfer from the URL whose turn it is."""
        turn, transport = self._next(source)
        logger.info("Downloading %s", masked(turn.url))
        partial = Partial(entry)
        if turn.url not in self._restarts:
            # Otherwise another process may be at work, which should keep what it has.
            partial.take_over(turn.url)
        return Transfer(transport, turn.url, source, partial, self.means, turn.attempts)

    def _accept(self, source: Source, entry: Path, transfer: Transfer) -> Download:
        """Verify what came, and keep it as a whole download."""
        result = transfer.result
        assert result is not None, "a transfer that has ended has a result"
        try:
            source.check_digests(result.url, result.digests)
        except VerificationError as error:
            rejected = entry.with_suffix(".rejected")
            transfer.partial.finish(rejected)
            error.hint = f"the bytes are set aside in {rejected}"
            raise
        with usable(entry.parent):
            transfer.partial.finish(entry.with_suffix(".dl"))
        return Download(masked(result.url), result.size, result.digests["sha256"], result.validator)
