"""Which downloads may have the wrong bytes, as far as one resource that reads them can tell."""

from __future__ import annotations

import logging

from datamaestro.download.source import Source
from datamaestro.transfer.failover import Failover
from datamaestro.transfer.wrong_bytes import may_be_of_bytes

__all__ = ["Doubts"]

logger = logging.getLogger(__name__)


class Doubts:
    """What one resource was made from that no digest vouches for.

    :param failover: asks for its sources
    """

    def __init__(self, failover: Failover) -> None:
        self._failover = failover
        self._earlier: list[Source] = []
        self._fetched: dict[Source, None] = {}
        self._distrusted: set[Source] = set()

    def permit(self, source: Source) -> bool:
        """Tell whether what the cache has of a source may be used."""
        return source not in self._distrusted

    def note_cached(self, source: Source) -> None:
        """Note that a source's bytes were taken from the cache."""
        if not source.digests and source not in self._fetched:
            self._earlier.append(source)

    def note_fetched(self, source: Source, *, resumed: bool) -> None:
        """Note that a source's bytes were fetched.

        :param resumed: whether some of them are of an earlier run
        """
        self._distrusted.discard(source)
        if source.digests:
            return
        if resumed:
            self._earlier.append(source)
        else:
            self._fetched[source] = None

    def distrusts(self, error: Exception, *, offline: bool) -> bool:
        """Tell whether to make the resource again, from downloads that are fetched again.

        That makes sense if an error may be about wrong bytes, and they are, in part at least, from
        an earlier run, since when the server may have mended them; or if they came in this run,
        and another URL may have better ones.
        """
        doubtful, self._earlier = self._earlier, []
        if not may_be_of_bytes(error) or (doubtful and offline):
            return False
        if doubtful:
            logger.warning(
                "%s; it was made from the cache, and is made again from its source", error
            )
        else:
            doubtful = [item for item in self._fetched if self._failover.passes_on(item, error)]
        self._distrusted.update(doubtful)
        return bool(doubtful)

    def clear(self) -> None:
        """Forget what the resource was made from: it is complete."""
        self._earlier.clear()
        self._fetched.clear()
