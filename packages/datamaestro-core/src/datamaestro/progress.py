"""How far transfers are, for whoever shows it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Protocol, TextIO

from datamaestro.bars import Bars
from datamaestro.terminal import is_dumb, is_terminal

__all__ = ["Bars", "JSONLines", "NoProgress", "Progress", "Task", "automatic_progress"]

EVERY = 0.2
"""Seconds between two reports on the same transfer."""


class Task(Protocol):
    """One transfer that is under way."""

    def update(self, count: int) -> object:
        """Tell that `count` further bytes have come."""

    def expect(self, total: int) -> object:
        """Tell the size of all in bytes, where it is known only once the transfer goes on."""


class Progress(Protocol):
    """What is told about transfers, by several threads at once."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Begin a transfer.

        :param label: what is transferred
        :param total: its size in bytes, if it is known
        """

    def all(
        self, label: str, count: int, total: int | None = None
    ) -> AbstractContextManager[object]:
        """Begin a group of transfers, which ends with the block.

        :param label: what they are for
        :param count: how many there will be
        :param total: the size of all in bytes, if it is known
        """


class _Silent:
    def update(self, count: int) -> None:
        pass

    def expect(self, total: int) -> None:
        pass


class NoProgress:
    """Shows nothing."""

    def task(
        self,
        label: str,  # noqa: ARG002
        total: int | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[Task]:
        """Begin a transfer that nobody watches."""
        return nullcontext(_Silent())

    def all(
        self,
        label: str,  # noqa: ARG002
        count: int,  # noqa: ARG002
        total: int | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[object]:
        """Begin transfers that nobody watches."""
        return nullcontext()


class JSONLines:
    """Writes a line of JSON for each thing that a program may want to know::

        {"event": "begin", "task": 1, "label": "data.csv", "total": 4551}
        {"event": "progress", "task": 1, "done": 4096, "total": 4551, "rate": 81920.0}
        {"event": "end", "task": 1, "done": 4551, "total": 4551, "rate": 91020.0}

    Sizes are in bytes, rates in bytes a second. What failed ends with ``"failed": true``.
    A group of transfers is a task too, with their number as ``count``; it has
    no events in between.

    :param stream: where to write
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._tasks = 0
        self._lock = threading.Lock()

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        """Begin a transfer, and tell of its beginning, its progress and its end."""
        number = self._begin(label=label, total=total)
        task = _Reported(self, number, total)
        with self._ended(task.facts):
            yield task

    @contextmanager
    def all(self, label: str, count: int, total: int | None = None) -> Iterator[None]:
        """Begin several transfers, and tell of their beginning and end."""
        number = self._begin(label=label, count=count, total=total)
        with self._ended(lambda: {"task": number, "label": label}):
            yield

    @contextmanager
    def _ended(self, facts: Callable[[], dict[str, Any]]) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.write("end", **facts(), failed=True)
            raise
        self.write("end", **facts())

    def write(self, event: str, **facts: Any) -> None:
        """Write a line, without what is None; write nothing once nobody reads any more."""
        known = {name: value for name, value in facts.items() if value is not None}
        with self._lock, suppress(OSError, ValueError):
            self.stream.write(json.dumps({"event": event, **known}) + "\n")
            self.stream.flush()

    def _begin(self, **facts: Any) -> int:
        with self._lock:
            self._tasks += 1
            number = self._tasks
        self.write("begin", task=number, **facts)
        return number


class _Reported:
    """A transfer that a program is told of."""

    def __init__(self, lines: JSONLines, number: int, total: int | None) -> None:
        self.lines = lines
        self.number = number
        self.total = total
        self.done = 0
        self.began = self.told = time.monotonic()

    def update(self, count: int) -> None:
        self.done += count
        if (now := time.monotonic()) - self.told >= EVERY:
            self.told = now
            self.lines.write("progress", **self.facts())

    def expect(self, total: int) -> None:
        self.total = total

    def facts(self) -> dict[str, Any]:
        seconds = max(time.monotonic() - self.began, 1e-6)
        return {
            "task": self.number,
            "done": self.done,
            "total": self.total,
            "rate": round(self.done / seconds, 1),
        }


def automatic_progress() -> Progress:
    """Choose bars for a notebook or a terminal, and nothing where nobody watches."""
    if in_notebook():
        return Bars(notebook=True)
    return Bars() if is_terminal(sys.stderr) and not is_dumb() else NoProgress()


def in_notebook() -> bool:
    """Tell whether this runs in a Jupyter kernel that can show widgets."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and "IPKernelApp" in shell.config
