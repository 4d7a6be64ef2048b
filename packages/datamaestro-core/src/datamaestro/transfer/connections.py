"""How many connections each host gets at once, and which hosts can't be reached."""

from __future__ import annotations

import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from datamaestro.errors import TransportError

__all__ = ["Connections", "host_of"]

REMEMBERED = 300.0
"""Seconds for which a host that couldn't be reached is asked after others."""


class Connections:
    """Counts the connections to each host, for all transfers of a context.

    Nobody waits here. Whoever has no transfer under way takes a connection even beyond the
    limit; whoever has one takes further connections only if they are free. So something is
    always under way, and nothing waits for a connection that it holds itself.

    :param limit: how many a host gets
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._limits: dict[str, int] = {}
        self._used: Counter[str] = Counter()
        self._unreachable_until: dict[str, float] = {}
        self._given_up: set[str] = set()
        self._lock = threading.Lock()

    def limit_for(self, url: str) -> int:
        """Give how many the host of a URL gets."""
        return self._limits.get(host_of(url), self.limit)

    def take(self, url: str) -> bool:
        """Take a connection to the host of a URL, whether one is free or not.

        :return: True, as :meth:`take_free` does when it took one
        """
        with self._lock:
            self._used[host_of(url)] += 1
        return True

    def take_free(self, url: str) -> bool:
        """Take a connection if one is free; tell whether it was."""
        with self._lock:
            host = host_of(url)
            free = self._used[host] < self.limit_for(url)
            self._used[host] += free
            return free

    def give_back(self, url: str) -> None:
        """Give a connection back."""
        with self._lock:
            self._used[host_of(url)] -= 1

    def lower(self, url: str) -> None:
        """Use one less from now on than are in use: the host said that it is asked too much."""
        with self._lock:
            host = host_of(url)
            self._limits[host] = max(1, min(self.limit_for(url), self._used[host]) - 1)

    def note_failure(self, url: str, error: TransportError) -> None:
        """Note what a failure says about a URL's host: that it's asked too much, or is away."""
        if error.overloaded:
            self.lower(url)
        if error.unreachable:
            self._unreachable_until[host_of(url)] = time.monotonic() + REMEMBERED

    def give_up(self, url: str) -> None:
        """Note that the host of a URL was asked with all patience, and couldn't be reached."""
        self._given_up.add(host_of(url))

    def note_answer(self, url: str) -> None:
        """Note that the host of a URL answers."""
        self._given_up.discard(host_of(url))
        self._unreachable_until.pop(host_of(url), None)

    def is_unreachable(self, url: str) -> bool:
        """Tell whether the host of a URL couldn't be reached lately."""
        return time.monotonic() < self._unreachable_until.get(host_of(url), 0.0)

    def is_given_up(self, url: str) -> bool:
        """Tell whether the host of a URL isn't worth any patience until it answers."""
        return host_of(url) in self._given_up


def host_of(url: str) -> str:
    """Give the host and port of a URL; a file's URL has none, and all files share it."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()
