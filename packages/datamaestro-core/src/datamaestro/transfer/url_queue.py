"""Which URL of a source is asked next, and how patiently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from datamaestro.download.source import Source
from datamaestro.errors import (
    DataFormatError,
    DatamaestroError,
    OfflineError,
    TransportError,
    VerificationError,
)
from datamaestro.transfer.transfer import ATTEMPTS

__all__ = ["QueuedUrl", "UrlQueue"]


class QueuedUrl(NamedTuple):
    """One URL that may be asked.

    :param url: the URL
    :param attempts: how often it is asked as long as it gives nothing
    """

    url: str
    attempts: int


class UrlQueue:
    """The URLs of one source, and what became of those that were asked.

    Waiting for one that may recover makes no sense while another may have the bytes. So
    each is asked once; then those that may have recovered, with patience; and only then
    the last resorts.

    :param source: what is asked for
    :param urls: what to ask, in order
    :param last_resorts: what to ask after all else
    :ivar failures: why each URL that was asked in vain gave nothing
    """

    def __init__(
        self, source: Source, urls: Iterable[str], last_resorts: Iterable[str] = ()
    ) -> None:
        self.source = source
        first, last = list(urls), list(last_resorts)
        alone = len(first) + len(last) == 1
        self._first = [QueuedUrl(url, ATTEMPTS if alone else 1) for url in first]
        self._again: list[QueuedUrl] = []
        self._last = [QueuedUrl(url, ATTEMPTS) for url in last]
        self.failures: dict[str, DatamaestroError] = {}

    @property
    def next(self) -> QueuedUrl | None:
        """The URL to ask; None when all failed."""
        return next(iter((*self._first, *self._again, *self._last)), None)

    @property
    def is_last(self) -> bool:
        """Whether no other is left to ask once the next one has failed."""
        return len((*self._first, *self._again, *self._last)) <= 1

    def failed(self, error: DatamaestroError) -> None:
        """Note why that URL gave nothing, and pass on to another."""
        queued = (self._first or self._again or self._last).pop(0)
        self.failures[queued.url] = error
        passing = isinstance(error, TransportError) and error.retry
        if passing and queued.attempts < ATTEMPTS:
            self._again.append(QueuedUrl(queued.url, ATTEMPTS))

    def summary(self) -> DatamaestroError:
        """Make the error that tells why each URL gave nothing.

        Wrong bytes are worse news than none, and being offline is none.
        """
        failures = list(self.failures.values())
        if len(failures) == 1 and not isinstance(failures[0], OfflineError):
            return failures[0]
        reasons = " | ".join(str(failure) for failure in failures)
        kinds = {type(failure) for failure in failures}
        if all(issubclass(kind, DataFormatError) for kind in kinds):
            return failures[-1]
        if any(issubclass(kind, VerificationError | DataFormatError) for kind in kinds):
            return VerificationError(
                "no source gave the declared bytes", where=self.source.url, found=reasons
            )
        if OfflineError in kinds:
            return OfflineError(
                "needed, and not fetched while offline",
                where=self.source.url,
                hint="prepare it once with a network, or name a mirror on disk in settings.json",
            )
        passing = any(isinstance(item, TransportError) and item.retry for item in failures)
        return TransportError(
            "no source gave the file",
            where=self.source.url,
            found=reasons,
            hint="once the network or the server is back, run it again" if passing else None,
        )
