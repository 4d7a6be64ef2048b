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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.download.transport import Transport, TransportRequest
from datamaestro.errors import (
    DatamaestroError,
    DownloadError,
    OfflineError,
    TransportError,
    VerificationError,
)
from datamaestro.files import remove, usable
from datamaestro.preparation.candidates import candidate_urls
from datamaestro.preparation.locks import locked
from datamaestro.preparation.state import Download
from datamaestro.preparation.transfer import Partial, Transferred, transfer
from datamaestro.utils import CHUNK_SIZE, file_digests

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["CacheFetcher"]

logger = logging.getLogger(__name__)


class CacheFetcher:
    """Fetches sources into the cache of a context, for the resources of one dataset.

    :param work: a folder for what the resources read; it may be removed at any time
    :ivar downloads: what was fetched since the last :meth:`release`
    """

    def __init__(self, context: Context, work: Path) -> None:
        self.context = context
        self.work = work
        self.downloads: list[Download] = []
        self._used: list[Path] = []

    def fetch(self, source: Source) -> Path:
        """Give a verified copy of what `source` serves; see :meth:`Resource.fetch`."""
        path = self.work / "inputs" / _key(source)
        self._fetch(source, path, shared=True)
        return path

    def fetch_to(self, source: Source, destination: Path) -> None:
        """Put what `source` serves at `destination`; see :meth:`Resource.fetch_to`."""
        self._fetch(source, destination, shared=not self.context.keep_downloads)

    def _fetch(self, source: Source, destination: Path, shared: bool) -> None:
        """Put what `source` serves at `destination`, and keep it in the cache until released.

        The cache may be emptied by others as soon as its lock is given up, so the
        bytes get their second name before. That costs nothing, and since the first
        name stays until the resource is complete, a crash in between loses no download.

        :param shared: whether the destination may be the very file that the cache has
        """
        entry = self.context.cachepath / _key(source)
        path = entry.with_suffix(".dl")
        with locked(entry.with_suffix(".lock"), source.url), usable(destination.parent):
            download = self._cached(source, path) or self._download(source, entry)
            destination.parent.mkdir(parents=True, exist_ok=True)
            remove(destination)
            try:
                if not shared:
                    raise NotImplementedError
                os.link(path, destination)
            except (OSError, NotImplementedError):
                shutil.copyfile(path, destination)
        self.downloads.append(download)
        self._used.append(entry)

    @contextmanager
    def open(self, source: Source) -> Iterator[BufferedReader]:
        """Give what `source` serves as a stream; see :meth:`Resource.open`."""
        with self.fetch(source).open("rb", buffering=CHUNK_SIZE) as stream:
            yield stream

    def fetch_tail(self, source: Source, count: int) -> bytes | None:
        """Give the last `count` bytes of what `source` serves, or None.

        There are none when the source doesn't state its size, or no URL gives them.
        """
        if source.size is None or source.size < count:
            return None
        start = source.size - count
        for url in self._urls(source):
            with suppress(DatamaestroError):
                transport = self._transport(url)
                request = TransportRequest(url, start)
                with transport.open(request) as response:
                    if response.start == start and response.size == source.size:
                        tail = b""
                        while len(tail) < count and (chunk := response.read(count - len(tail))):
                            tail += chunk
                        if len(tail) == count:
                            return tail
        return None

    def release(self) -> None:
        """Remove what was fetched from the cache, unless downloads are kept."""
        if not self.context.keep_downloads:
            for entry in self._used:
                # One that is busy serves another dataset, which removes it in its turn.
                # The lock files stay: a lock whose file is removed excludes nobody.
                with suppress(BlockingIOError), locked(entry.with_suffix(".lock"), "", wait=False):
                    remove(entry.with_suffix(".dl"))
        self._used.clear()
        self.downloads.clear()

    # --- one source

    def _urls(self, source: Source) -> list[str]:
        return candidate_urls(source, self.context.mirror, self.context.settings.mirrors)

    def _transport(self, url: str) -> Transport:
        transport = self.context.transport(url)
        if self.context.offline and transport.network:
            raise OfflineError("not fetched while offline", where=url)
        return transport

    def _cached(self, source: Source, path: Path) -> Download | None:
        """Look whether the cache has the source's bytes; wrong ones are removed."""
        if not path.is_file():
            return None
        digests = file_digests(path, ["sha256", *source.digests])
        size = path.stat().st_size
        try:
            _check_digests(source, path, digests)
        except VerificationError as error:
            logger.warning("a cached download is wrong and is fetched again: %s", error)
            remove(path)
            return None
        logger.debug("Using the cached download of %s", source.url)
        return Download(source.url, size, digests["sha256"])

    def _download(self, source: Source, entry: Path) -> Download:
        """Ask one URL after the other until one gives the right bytes."""
        failures: list[DatamaestroError] = []
        for url in self._urls(source):
            try:
                result = self._download_from(url, source, entry)
            except (DownloadError, VerificationError, OfflineError) as error:
                if not isinstance(error, OfflineError):
                    logger.warning("%s", error)
                failures.append(error)
            else:
                return Download(url, result.size, result.digests["sha256"], result.validator)
        raise _summary(source, failures)

    def _download_from(self, url: str, source: Source, entry: Path) -> Transferred:
        transport = self._transport(url)
        partial = Partial(entry.with_suffix(".part"))
        logger.info("Downloading %s", url)
        with self.context.progress.task(source.filename or url, source.size) as task:
            result = transfer(transport, url, source, partial, task)
        try:
            _check_digests(source, url, result.digests)
        except VerificationError as error:
            rejected = entry.with_suffix(".rejected")
            partial.path.replace(rejected)
            partial.remove()
            error.hint = f"the bytes are set aside in {rejected}"
            raise
        with usable(entry.parent):
            partial.path.replace(entry.with_suffix(".dl"))
        partial.remove()
        return result


def _key(source: Source) -> str:
    return hashlib.sha256(source.url.encode()).hexdigest()


def _check_digests(source: Source, where: object, found: dict[str, str]) -> None:
    for algorithm, digest in source.digests.items():
        if found[algorithm] != digest:
            raise VerificationError(
                f"wrong {algorithm}", where=where, expected=digest, found=found[algorithm]
            )


def _summary(source: Source, failures: list[DatamaestroError]) -> DatamaestroError:
    """Make the error that tells of every URL why it gave nothing.

    Wrong bytes are worse news than none, and being offline is none.
    """
    if len(failures) == 1 and not isinstance(failures[0], OfflineError):
        return failures[0]
    reasons = " | ".join(str(failure) for failure in failures)
    if any(isinstance(failure, VerificationError) for failure in failures):
        return VerificationError(
            "no source gave the declared bytes", where=source.url, found=reasons
        )
    if any(isinstance(failure, OfflineError) for failure in failures):
        return OfflineError(
            "needed, and not fetched while offline",
            where=source.url,
            hint="prepare it once with a network, or name a site mirror on disk in settings.json",
        )
    return TransportError("no source could be reached", where=source.url, found=reasons)
