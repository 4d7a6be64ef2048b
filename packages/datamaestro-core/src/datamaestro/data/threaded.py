"""Libraries with threads of their own, which a fork leaves behind."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from datamaestro.data.optional import required
from datamaestro.errors import DatamaestroError

__all__ = ["threaded"]

_used_in: dict[str, int] = {}
"""The process in which each library was used first: its threads are there, and in no fork of it."""

_THREADS = {"polars": re.compile(r"polars-\d+")}
"""What libraries call their threads, which Linux tells, where processes are forked."""


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


def _note_threads() -> None:
    """Note which libraries have threads in this process, also by what others did with them."""
    names = []
    with suppress(OSError):
        names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    for module, pattern in _THREADS.items():
        if any(map(pattern.fullmatch, names)):
            _used_in.setdefault(module, os.getpid())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_note_threads)
