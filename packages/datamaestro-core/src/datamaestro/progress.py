"""How far transfers are: told to whoever shows it."""

from __future__ import annotations

import importlib
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["Bars", "NoProgress", "Progress", "Task", "automatic_progress"]


class Task(Protocol):
    """One transfer that is under way."""

    def update(self, count: int) -> object:
        """Tell that `count` further bytes have come; it is negative when some count no more."""


class Progress(Protocol):
    """What is told about transfers."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Begin a transfer.

        :param label: what is transferred
        :param total: its size in bytes, if it is known
        """


class _Silent:
    def update(self, count: int) -> None:
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


class Bars:
    """Shows a bar for each transfer, on the standard error stream or in a notebook.

    :param notebook: whether to show the notebook's kind
    """

    def __init__(self, *, notebook: bool = False) -> None:
        self.notebook = notebook

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Begin a transfer, and show its bar until it ends."""
        # In a notebook without widgets, tqdm's own choice is the bar of a terminal.
        module = importlib.import_module("tqdm.auto" if self.notebook else "tqdm")
        bar: AbstractContextManager[Task] = module.tqdm(
            desc=label, total=total, unit="B", unit_scale=True, unit_divisor=1024, leave=False
        )
        return bar


def automatic_progress() -> Progress:
    """Choose bars for a notebook or a terminal, and nothing where nobody watches."""
    if in_notebook():
        return Bars(notebook=True)
    return Bars() if sys.stderr is not None and sys.stderr.isatty() else NoProgress()


def in_notebook() -> bool:
    """Tell whether this runs in a Jupyter kernel that can show widgets."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and "IPKernelApp" in shell.config
