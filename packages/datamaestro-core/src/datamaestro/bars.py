"""How far transfers are, as bars on a terminal or in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from datamaestro.progress import Task

__all__ = ["Bars"]

DELAY = 0.5
"""Seconds before a transfer that is one of several gets a bar of its own."""


class _Barred:
    """A transfer with a bar of its own, once that is shown, and perhaps a part of others.

    :param show: begins its bar, of a total and with what is done
    :param delay: the seconds before that
    :param total: its size, if it is known
    :param common: the bars of what it is a part of
    """

    def __init__(
        self,
        show: Callable[[int | None, int], Any],
        delay: float,
        total: int | None,
        common: tuple[Any, ...],
    ) -> None:
        self._show = show
        self._due = time.monotonic() + delay
        self._total = total
        self._common = common
        self._done = 0
        self._bar = None if delay else show(total, 0)

    def update(self, count: int) -> None:
        self._done += count
        for bar in self._common:
            bar.update(count)
        if self._bar is not None:
            self._bar.update(count)
        elif time.monotonic() >= self._due:
            self._bar = self._show(self._total, self._done)

    def expect(self, total: int) -> None:
        self._total = total
        if self._bar is not None:
            self._bar.total = total

    def take_back(self) -> None:
        """Count nothing of it: what failed is tried again, and counted then."""
        for bar in self._common:
            bar.update(-self._done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Heedless:
    """A stream that may fail to be written: the terminal may be gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __eq__(self, other: object) -> bool:
        return other == self._stream  # tqdm asks so whether it is a terminal

    __hash__ = None  # type: ignore[assignment]

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


_COMMON: ContextVar[tuple[Any, ...]] = ContextVar("common bars", default=())
"""The bars of what a transfer belongs to: it is begun in the same context, or in a copy of it."""


class Bars:
    """Shows a bar for each transfer and one for all, on the terminal or in a notebook.

    A transfer that takes no time gets none: many small files show the common bar only. A copy, as
    for another process, shows bars of its own.

    :param notebook: whether to show the notebook's kind
    """

    def __init__(self, *, notebook: bool = False) -> None:
        self.notebook = notebook

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        """Begin a transfer, and show its bar until it ends."""
        common = _COMMON.get()
        task = _Barred(partial(self._bar, label), DELAY if common else 0.0, total, common)
        try:
            yield task
        except Exception:
            task.take_back()
            raise
        finally:
            task.close()

    @contextmanager
    def all(self, label: str, count: int, total: int | None = None) -> Iterator[Any]:
        """Begin several transfers, and show a bar for all of them until they have ended."""
        if count < 2:
            yield None
            return
        bar = self._bar(f"{label}, {count} files", total)
        token = _COMMON.set((*_COMMON.get(), bar))
        try:
            yield bar
        finally:
            _COMMON.reset(token)
            bar.close()

    def _bar(self, label: str, total: int | None, done: int = 0) -> Any:
        """Show a bar, and give it; one that does nothing if it can't be shown."""
        from datamaestro.terminal_bar import TerminalBar

        options = {"total": total, "initial": done, "unit": "B", "unit_scale": True}
        with suppress(OSError):
            if self.notebook:
                # Without widgets, tqdm's own choice is the bar of a terminal.
                from tqdm.auto import tqdm

                return tqdm(desc=label, leave=False, **options)
            sys.stderr.flush()  # tqdm does too; if that fails, tqdm before 4.70 can't close its bar
            return TerminalBar(label, file=_Heedless(sys.stderr), **options)
        return TerminalBar(label, disable=True)
