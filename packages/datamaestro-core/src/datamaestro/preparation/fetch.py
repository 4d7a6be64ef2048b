"""Getting the bytes of sources, through the cache.

A download is named by the hash of its preferred URL: ``<hash>.dl`` once it is
whole and verified, ``<hash>.part`` and ``<hash>.json`` as long as it isn't,
``<hash>.rejected`` when its bytes are not the declared ones.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from datamaestro.preparation.candidates import candidate_urls
from datamaestro.preparation.locks import locked
from datamaestro.preparation.state import Download
from datamaestro.preparation.transfer import (
    ATTEMPTS,
    Partial,
    StartOver,
    Transfer,
    Transferred,
)
from datamaestro.utils import CHUNK_SIZE, file_digests

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CacheFetcher", "NextSource"]

logger = logging.getLogger(__name__)


class NextSource(Exception):  # noqa: N818  (it is no error, but an order)
    """What was made from a stream is void: make it again, from the next source."""


class CacheFetcher:
    """Fetches sources into the cache of a context, for the resources of one dataset.

    :param work: a folder for what the resources read; it may be removed at any time
    :ivar downloads: what was fetched since the last :meth:`release`
    """

    def __init__(self, context: Context, work: Path) -> None:
        self.context = context
        self.work = work
        self.downloads: list[Download] = []
        self._used: list[Source] = []
        self._failures: dict[Source, dict[str, DatamaestroError]] = {}
        self._restarts: dict[str, int] = {}

    # --- what resources ask for

    def fetch(self, source: Source) -> Path:
        """Give a verified copy of what `source` serves; see :meth:`Resource.fetch`."""
        path = self.work / "inputs" / _key(source)
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
        with locked(entry.with_suffix(".lock"), source.url):
            download = self._cached(source, path)
            if download is not None:
                with BufferedReader(path.open("rb", buffering=0), CHUNK_SIZE) as stream:
                    yield stream
            else:
                arriving = self._arriving(source, entry)
                refused = None
                with self._failures_noted(source, arriving.url):
                    with BufferedReader(arriving, CHUNK_SIZE) as stream:
                        try:
                            yield stream
                        except (DataFormatError, VerificationError) as error:
                            if not source.digests:
                                raise
                            refused = error
                        while stream.read(CHUNK_SIZE):
                            pass
                    download = self._accept(source, entry, arriving.result)
                if refused is not None:
                    # These are the declared bytes: no other source has better ones.
                    raise refused
        self.downloads.append(download)
        self._used.append(source)

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

    def release(self, wanted: Callable[[Source], bool] = lambda _: False) -> None:
        """Remove what was fetched from the cache, unless downloads are kept.

        :param wanted: tells which of it stays, because something else needs it
        """
        if not self.context.keep_downloads:
            for entry in (self._entry(source) for source in self._used if not wanted(source)):
                # One that is busy serves another dataset, which removes it in its turn.
                # The lock files stay: a lock whose file is removed excludes nobody.
                with suppress(BlockingIOError), locked(entry.with_suffix(".lock"), "", wait=False):
                    remove(entry.with_suffix(".dl"))
        self._used.clear()
        self.downloads.clear()

    # --- the cache

    def _entry(self, source: Source) -> Path:
        return self.context.cachepath / _key(source)

    def _fetch(self, source: Source, destination: Path, shared: bool) -> None:
        """Put what `source` serves at `destination`, and keep it in the cache until released.

        The cache may be emptied by others as soon as its lock is given up, so the
        bytes get their second name before. That costs nothing, and since the first
        name stays until the resource is complete, a crash in between loses no download.

        :param shared: whether the destination may be the very file that the cache has
        """
        entry = self._entry(source)
        path = entry.with_suffix(".dl")
        with locked(entry.with_suffix(".lock"), source.url), usable(destination.parent):
            download = self._cached(source, path) or self._download(source, entry)
            destination.parent.mkdir(parents=True, exist_ok=True)
            remove(destination)
            if not (shared and _linked(path, destination)):
                shutil.copyfile(path, destination)
        self.downloads.append(download)
        self._used.append(source)

    def _cached(self, source: Source, path: Path) -> Download | None:
        """Look whether the cache has the source's bytes; wrong ones are removed."""
        if not path.is_file():
            return None
        digests = file_digests(path, ["sha256", *source.digests])
        try:
            source.check_digests(path, digests)
        except VerificationError as error:
            logger.warning("a cached download is wrong and is fetched again: %s", error)
            remove(path)
            return None
        logger.debug("Using the cached download of %s", source.url)
        return Download(source.url, path.stat().st_size, digests["sha256"])

    # --- one URL after the other

    def _urls(self, source: Source) -> list[str]:
        return candidate_urls(source, self.context.mirror, self.context.settings.mirrors)

    def _transport(self, url: str) -> Transport:
        transport = self.context.transport(url)
        if self.context.offline and transport.network:
            raise OfflineError("not fetched while offline", where=url)
        return transport

    def _next(self, source: Source) -> tuple[str, Transport]:
        """Give the first URL that hasn't failed, and its transport.

        :raises DatamaestroError: if all have; it tells why each did
        """
        failures = self._failures.setdefault(source, {})
        for url in self._urls(source):
            if url not in failures:
                try:
                    return url, self._transport(url)
                except (TransportError, OfflineError) as error:
                    failures[url] = error
        raise _summary(source, list(failures.values()))

    @contextmanager
    def _failures_noted(self, source: Source, url: str) -> Iterator[None]:
        """Note what goes wrong with a URL, and order to go on with the next.

        An error of the one who reads the stream counts too: bytes that can't be verified
        may be the reason of it.
        """
        failures = self._failures[source]
        try:
            yield
        except StartOver as error:
            logger.warning("%s; it is read from its beginning", error)
            self._restarts[url] = self._restarts.get(url, 0) + 1
            if self._restarts[url] == ATTEMPTS:
                failures[url] = TransportError("it never stays the same for long", where=url)
            raise NextSource from error
        except (DownloadError, VerificationError, DataFormatError) as error:
            if not isinstance(error, DownloadError):
                Partial(self._entry(source).with_suffix(".part")).remove()
            logger.warning("%s", error)
            failures[url] = error
            if all(item in failures for item in self._urls(source)):
                raise _summary(source, list(failures.values())) from error
            raise NextSource from error

    def _download(self, source: Source, entry: Path) -> Download:
        """Download the whole of a source."""
        while True:
            url, transport = self._next(source)
            with suppress(NextSource), self._failures_noted(source, url):
                transfer = self._transfer(source, entry, url, transport)
                for _ in watched(transfer):
                    pass
                return self._accept(source, entry, transfer.result)

    def _arriving(self, source: Source, entry: Path) -> Arriving:
        url, transport = self._next(source)
        return Arriving(self._transfer(source, entry, url, transport))

    def _transfer(self, source: Source, entry: Path, url: str, transport: Transport) -> Transfer:
        logger.info("Downloading %s", url)
        partial = Partial(entry.with_suffix(".part"))
        return Transfer(transport, url, source, partial, self.context.progress)

    def _accept(self, source: Source, entry: Path, result: Transferred | None) -> Download:
        """Verify what came, and keep it as a whole download."""
        assert result is not None, "a transfer that has ended has a result"
        partial = Partial(entry.with_suffix(".part"))
        try:
            source.check_digests(result.url, result.digests)
        except VerificationError as error:
            rejected = entry.with_suffix(".rejected")
            partial.path.replace(rejected)
            partial.remove()
            error.hint = f"the bytes are set aside in {rejected}"
            raise
        with usable(entry.parent):
            partial.path.replace(entry.with_suffix(".dl"))
        partial.remove()
        return Download(result.url, result.size, result.digests["sha256"], result.validator)


def _linked(path: Path, destination: Path) -> bool:
    """Give a file a second name, where its file system can; tell whether it has it."""
    try:
        os.link(path, destination)
    except (OSError, NotImplementedError):
        return False
    return True


def _key(source: Source) -> str:
    return hashlib.sha256(source.url.encode()).hexdigest()


def _summary(source: Source, failures: list[DatamaestroError]) -> DatamaestroError:
    """Make the error that tells of every URL why it gave nothing.

    Wrong bytes are worse news than none, and being offline is none.
    """
    if len(failures) == 1 and not isinstance(failures[0], OfflineError):
        return failures[0]
    reasons = " | ".join(str(failure) for failure in failures)
    kinds = {type(failure) for failure in failures}
    if all(issubclass(kind, DataFormatError) for kind in kinds):
        return failures[-1]
    if any(issubclass(kind, VerificationError | DataFormatError) for kind in kinds):
        return VerificationError(
            "no source gave the declared bytes", where=source.url, found=reasons
        )
    if OfflineError in kinds:
        return OfflineError(
            "needed, and not fetched while offline",
            where=source.url,
            hint="prepare it once with a network, or name a mirror on disk in settings.json",
        )
    return TransportError("no source could be reached", where=source.url, found=reasons)
