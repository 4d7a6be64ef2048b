"""How much compressed files may unpack to, as archives may: 2000 bytes can become gigabytes."""

from __future__ import annotations

from datamaestro.errors import DataFormatError
from datamaestro.expansion import ALLOWANCE, RATIO, checked_max_size

__all__ = ["Limit"]


class Limit:
    """What is left of what the compressed files of a resource may unpack to.

    :param max_size: the bytes that the author says that all may have: more is refused, and up to
        that any ratio is fine
    :raises DefinitionError: if that isn't a number of bytes
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = checked_max_size(max_size)
        self._packed = self._unpacked = 0

    def add(self, packed: int, unpacked: int, where: str) -> None:
        """Count compressed bytes, and those that they unpacked to.

        :param where: where they come from, for messages
        :raises DataFormatError: if they are too many
        """
        self._packed += packed
        self._unpacked += unpacked
        ratio_counts_from = max(ALLOWANCE, self.max_size or 0)
        if self.max_size is not None and self._unpacked > self.max_size:
            raise _too_much("to too much", where, f"at most {self.max_size} bytes", self._unpacked)
        if self._unpacked > ratio_counts_from + RATIO * self._packed:
            expected = f"at most {RATIO} bytes for each, beyond {ratio_counts_from}"
            found = f"{self._unpacked} bytes from {self._packed}"
            raise _too_much("to far more than its own size", where, expected, found)


def _too_much(what: str, where: str, expected: str, found: object) -> DataFormatError:
    return DataFormatError(
        f"it unpacks {what}",
        where=where,
        expected=expected,
        found=found,
        hint="raise max_size= if you trust it",
    )
