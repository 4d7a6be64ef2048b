"""Libraries with threads of their own, which a fork leaves behind."""

from __future__ import annotations

import os
from types import ModuleType

from datamaestro.data.optional import required
from datamaestro.errors import DatamaestroError

__all__ = ["threaded"]

_used_in: dict[str, int] = {}
"""The process in which each library was used first: its threads are there, and in no fork of it."""


def threaded(module: str) -> ModuleType:
    """Import a library that works in threads of its own, to use it at once.

    In a process that was forked from one in which it was used, it would wait for ever for
    threads that aren't there.

    :raises DatamaestroError: in such a process
    :raises DependencyError: if it isn't installed
    """
    library = required(module)
    if _used_in.setdefault(module, os.getpid()) != os.getpid():
        raise DatamaestroError(
            f"{module} would wait for ever in this process: its threads stayed in the one that "
            "this was forked from, where it was used before",
            hint="start processes by 'spawn' or 'forkserver', such as by "
            "multiprocessing.get_context('spawn'), or read before they start",
        )
    return library
