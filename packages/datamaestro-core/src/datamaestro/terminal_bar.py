"""The progress bar of a terminal; importing this imports tqdm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

from tqdm import tqdm  # noqa: TID253  (a bar that is shown imports this module)

__all__ = ["TerminalBar"]

_MARGIN = 3
"""The columns that stay free at a line's end: a terminal shows the ``^C`` of an interruption there,
and would break the line for it."""


class TerminalBar(tqdm):  # type: ignore[misc]  # tqdm declares no types
    """A bar that fits the terminal, whatever its width becomes, and whose label leaves room for
    the numbers."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(desc=label, leave=False, dynamic_ncols=True, **options)

    @property
    def format_dict(self) -> dict[str, Any]:
        """What tqdm makes a line of."""
        facts: dict[str, Any] = super().format_dict
        if facts.get("ncols"):
            facts["ncols"] = columns = max(facts["ncols"] - _MARGIN, 1)
            facts["prefix"] = _shortened(self.desc.removesuffix(": "), columns // 3)
        return facts

    @staticmethod
    def status_printer(file: TextIO) -> Callable[[str], None]:
        """Give what writes a line in the place of the last one.

        tqdm's own writes blanks over that, too many of them where the terminal is narrower now.
        """

        def show(line: str) -> None:
            file.write(f"\r{line}\x1b[K")
            file.flush()

        return show


def _shortened(label: str, width: int) -> str:
    """Give the beginning and the end of a label that is longer than `width`."""
    if len(label) <= width:
        return label
    end = max(width - 3, 0) // 2
    return f"{label[: max(width - 3 - end, 1)]}...{label[len(label) - end :]}"
